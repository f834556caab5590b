#!/bin/bash
# What a Windows program of ours asks of Windows before it runs: imports.sh PROGRAM.exe...
# Prints "ok NAME" or "not ok NAME: WHY" for each property of each program.
set -euo pipefail

# Windows' own DLLs that every version from 2000 on has; all others are bound at run time.
allowed='advapi32.dll kernel32.dll msvcrt.dll setupapi.dll shell32.dll user32.dll ws2_32.dll'

# Functions that the headers declare for our _WIN32_WINNT, or for any, but that the oldest Windows of the i686
# program (2000, see the notes of each function in Microsoft's documentation) does not export.
newer_than_2000='AddVectoredExceptionHandler|AttachConsole|CheckRemoteDebuggerPresent|CreateActCtx[AW]|DecodePointer
EncodePointer|GetConsoleProcessList|GetDllDirectory[AW]|GetModuleHandleEx[AW]|GetNativeSystemInfo|GetProcessHandleCount
GetProcessId|GetSystemTimes|GetSystemWow64Directory[AW]|GetThreadId|GetVolumePathNamesForVolumeName[AW]
HeapQueryInformation|HeapSetInformation|InitializeSListHead|Interlocked.*SList|IsWow64Process|RtlCaptureContext
SetDllDirectory[AW]|GetLogicalProcessorInformation|Wow64.*|RegDisableReflectionKey|RegGetValue[AW]|RegDeleteKeyEx[AW]
SystemFunction036|CreateWellKnownSid|IsWellKnownSid|SetupUninstallOEMInf[AW]|SetupVerifyInfFile[AW]
_mkgmtime.*|_aligned_.*|.*_s|_get_(errno|doserrno|fmode|pgmptr|wpgmptr|output_format)|_set_.*|_ftelli64|_fseeki64|_strtoi64|_strtoui64|_wcstoi64|_wcstoui64|_gmtime32'
newer_than_2000=$(tr '\n' '|' <<< "$newer_than_2000" | sed 's/|$//')

check() { # NAME WHY   (WHY is empty when all is well)
    if [ -z "$2" ]; then echo "ok $1"; else echo "not ok $1: $2"; failed=1; fi
}

failed=0
for program; do
    name=${program#build/}
    [ -s "$program" ] || { check "$name exists" "there is no '$program'"; continue; }
    dump=$(x86_64-w64-mingw32-objdump -p "$program")
    dlls=$(sed -n 's/^[ \t]*DLL Name: //p' <<< "$dump" | tr 'A-Z' 'a-z' | sort -u)
    foreign=$(grep -vxF "$(tr ' ' '\n' <<< "$allowed")" <<< "$dlls" || true)
    [ -n "$dlls" ] || foreign='no import table could be read'
    check "$name imports only Windows' own DLLs" "$(echo $foreign)"
    field() { awk -v name="$1" '$1 == name { $1 = ""; print substr($0, 2); exit }' <<< "$dump"; }
    subsystem=$(field MajorSubsystemVersion).$(field MinorSubsystemVersion)
    system=$(field MajorOSystemVersion).$(field MinorOSystemVersion)
    stamp=$(field Time/Date)
    check "$name has no link time" "$([ "$stamp" = 'Thu Jan 1 00:00:00 1970' ] || echo "it says ${stamp:-nothing}")"
    case $name in
    i686/*)
        check "$name is for Windows 5.0" "$([ "$subsystem $system" = "5.0 5.0" ] || echo "subsystem $subsystem, system $system")"
        functions=$(sed -nE 's/^\t[0-9a-f]+\t +[0-9]+ +([A-Za-z_?@$0-9]+)$/\1/p' <<< "$dump")
        new=$(grep -xE "$newer_than_2000" <<< "$functions" || true)
        [ -n "$functions" ] || new='no imported function could be read'
        check "$name imports no function newer than Windows 2000" "$(echo $new)"
        ;;
    x86_64/*) check "$name is for Windows 5.2" "$([ "$subsystem $system" = "5.2 5.2" ] || echo "subsystem $subsystem, system $system")" ;;
    esac
done
exit "$failed"
