@echo off
rem matrix.cmd: the whole job on a real Windows guest, and the evidence of it. README.md beside this file says how.
rem
rem Plain cmd.exe as Windows 2000 and XP have it: no PowerShell, choice, timeout, where, reg or shutdown, and no delayed
rem expansion. It never restarts Windows. Which step comes next is seen by which files are there, never by what is in them:
rem the folder may be one that other users write to.
setlocal

set out=%SystemDrive%\xenpv-matrix
set program=
set packages=
set chosen=
set manifest=
set unsigned=
set yes=
set keep=
set bits=x86
if /i "%PROCESSOR_ARCHITECTURE%"=="AMD64" set bits=x64
if /i "%PROCESSOR_ARCHITEW6432%"=="AMD64" set bits=x64

:option
if "%~1"=="" goto options_end
if /i "%~1"=="/?" goto help
if /i "%~1"=="/y" goto option_yes
if /i "%~1"=="/keep" goto option_keep
rem What begins with a slash is no value: "/packages /y" is a slip.
if "%~2"=="" goto usage
if /i "%~1"=="/packages" goto option_packages
if /i "%~1"=="/source" goto option_source
if /i "%~1"=="/accept" goto option_accept
if /i "%~1"=="/manifest" goto option_manifest
if /i "%~1"=="/program" goto option_program
if /i "%~1"=="/out" goto option_out
goto usage
:option_yes
set yes=yes
shift
goto option
:option_keep
set keep=yes
shift
goto option
:option_packages
set packages=%~2
goto option_two
:option_source
set chosen=%chosen% --source "%~2"
goto option_two
:option_accept
set chosen=%chosen% --accept "%~2"
goto option_two
:option_manifest
set manifest=--manifest "%~2"
set unsigned=--allow-unsigned-manifest
goto option_two
:option_program
set program=%~2
goto option_two
:option_out
set out=%~2
:option_two
shift
shift
goto option

:help
echo usage: matrix.cmd [OPTION]...
echo   looks at this guest, installs the PV drivers, looks again after the restart, removes them, looks again;
echo   run it again after each restart of Windows, with the same options
echo.
echo   /packages FOLDER   the package files (else: the folder "packages" beside this file)
echo   /source NAME       consider only this release or family
echo   /accept CODE       take an advisory or a missing pin upon yourself (may be given again)
echo   /manifest FILE     use FILE instead of the manifest in the program
echo   /program FILE      the program (else: xenpv.exe, x64\xenpv.exe or x86\xenpv.exe beside this file)
echo   /out FOLDER        where the evidence goes (%SystemDrive%\xenpv-matrix)
echo   /keep              leave the drivers in
echo   /y                 do not ask
exit /b 0
:usage
echo matrix.cmd: '%~1' is no option, or lacks its value; see matrix.cmd /?
exit /b 2
:options_end

if not defined packages set packages=%~dp0packages
rem "D:\" would end in \", which a program takes for a quote.
if "%packages:~-1%"=="\" set packages=%packages%.
if not defined program if exist "%~dp0xenpv.exe" set program=%~dp0xenpv.exe
if not defined program set program=%~dp0%bits%\xenpv.exe
if not exist "%program%" goto no_program
if not exist "%packages%\*" goto no_packages
set with=--packages "%packages%"%chosen% %manifest%
goto begin
:no_program
echo matrix.cmd: there is no '%program%'; name the program with /program FILE
exit /b 2
:no_packages
echo matrix.cmd: there is no folder '%packages%'; name it with /packages FOLDER
exit /b 2

:begin
if not exist "%out%\*" md "%out%"
if not exist "%out%\*" goto no_out
if exist "%out%\finished.done" goto finished_before
if exist "%out%\removed.done" goto look_after_removal
if exist "%out%\confirmed.done" goto remove
if exist "%out%\installed.done" goto look_after_install
goto look
:no_out
echo matrix.cmd: the folder '%out%' cannot be made; name another with /out FOLDER
exit /b 1
:finished_before
echo matrix.cmd: all is done here: the evidence is in '%out%'. Delete that folder to begin anew.
exit /b 0

rem ---- before: nothing is changed ----------------------------------------------------------------------------------

:look
if exist "%out%\results.txt" del "%out%\results.txt"
if exist "%out%\exit-codes.txt" del "%out%\exit-codes.txt"
"%program%" --version > "%out%\program.txt"
ver > "%out%\windows.txt"
call :run detect 1-detect.json detect --json
if %code%==3 goto not_xen
call :want detect 0
if not %code%==0 goto failed
rem "elevated": true or false, which the program sees without changing anything.
find "elevated" < "%out%\1-detect.json" > "%out%\elevated.txt"
set elevated=
for /f "usebackq tokens=2 delims=:, " %%a in ("%out%\elevated.txt") do if "%%a"=="true" set elevated=yes
del "%out%\elevated.txt"
if not defined elevated goto not_elevated
call :run status-before 1-status.json status --json %manifest%
call :want status-before 0 6
if not %code%==0 if not %code%==6 goto failed
call :run plan 1-plan.json plan --json %with%
call :want plan 0 8
set planned=%code%
if not %code%==0 if not %code%==8 goto failed
call :run verify 1-verify.json verify "%packages%" --json
call :want verify 0 4 6
call :collect before

if %planned%==8 goto ask_nothing
echo.
echo   The next step INSTALLS drivers for this guest's disk and network. Windows has to be restarted afterwards.
if not defined keep echo   After that restart and a look at what came of it, the drivers are removed again, with one more restart.
echo   Have a snapshot of the guest. What is planned is in "%out%\1-plan.json".
call :ask
if not defined agreed exit /b 1

rem ---- installation ------------------------------------------------------------------------------------------------

call :run install 2-install.json install --json /quiet /norestart %with% %unsigned%
call :want install 0 3010
if not %code%==0 if not %code%==3010 goto failed
> "%out%\installed.done" echo the installation has begun
call :collect installed
if %code%==0 goto look_after_install
goto restart

:look_after_install
call :run resume 3-resume.json resume --json /quiet /norestart %manifest% %unsigned%
if %code%==3010 goto restart
call :want resume 0
if not %code%==0 goto failed
call :run status-confirmed 3-status.json status --json %manifest%
call :want status-confirmed 0
call :run verify-installed 3-verify.json verify --installed --json
call :want verify-installed 0
call :run report 3-report.json report --json --html "%out%\3-report.html" %manifest%
call :want report 0
call :collect confirmed
> "%out%\confirmed.done" echo the installation has been looked at
if not defined keep goto remove
goto finish

rem ---- removal -----------------------------------------------------------------------------------------------------

:remove
if defined keep goto finish
echo.
echo   The next step REMOVES the PV drivers. Windows has to be restarted afterwards.
call :ask
if not defined agreed exit /b 1
call :run remove 4-remove.json remove --json /quiet /norestart %manifest% %unsigned%
call :want remove 0 3010
if not %code%==0 if not %code%==3010 goto failed
> "%out%\removed.done" echo the removal has begun
call :collect removed
if %code%==3010 goto restart

:look_after_removal
call :run resume-removal 5-resume.json resume --json /quiet /norestart %manifest% %unsigned%
if %code%==3010 goto restart
call :want resume-removal 0
if not %code%==0 goto failed
call :run status-after 5-status.json status --json %manifest%
call :want status-after 0 6
call :collect after

:finish
> "%out%\finished.done" echo done
set bad=0
find "not ok" < "%out%\results.txt" > nul
if not errorlevel 1 set bad=1
echo.
echo   Done. The evidence is the folder "%out%".
if %bad%==1 echo   Not all is as it should be: "not ok" in "%out%\results.txt".
exit /b %bad%

rem ---- ends --------------------------------------------------------------------------------------------------------

:restart
echo.
echo   RESTART WINDOWS, log on, and run matrix.cmd again with the same options.
exit /b 3010
:not_xen
>> "%out%\results.txt" echo ok detect says that this is no Xen guest: exit 3
echo   This is not a guest on Xen: nothing was done.
exit /b 3
:not_elevated
>> "%out%\results.txt" echo not ok rights: no administrator rights
echo   Run this from an administrator's prompt: nothing was done.
exit /b 7
:ask_nothing
call :run install 2-install.json install --json /quiet /norestart %with% %unsigned%
call :want install 8
> "%out%\finished.done" echo no source is eligible
echo   No source is eligible for this guest: nothing was installed. "%out%\1-plan.json" says why.
exit /b 8
:failed
set failed=%code%
call :collect failed
echo   This failed: "%out%\results.txt"; see what the steps said in "%out%\*.txt". Nothing goes on by itself.
exit /b %failed%

rem ---- parts -------------------------------------------------------------------------------------------------------

rem run NAME FILE ARGUMENT...: the program's result in FILE, what it says in NAME.txt, its exit code in code. No file is
rem written to twice: a process that the program leaves behind may still have it open.
:run
set name=%1
set file=%2
set arguments=
:run_argument
shift
if "%~2"=="" goto run_now
set arguments=%arguments% %2
goto run_argument
:run_now
echo   xenpv%arguments%
"%program%"%arguments% > "%out%\%file%" 2> "%out%\%name%.txt"
set code=%errorlevel%
>> "%out%\exit-codes.txt" echo %name% %code%
exit /b 0

rem want NAME CODE...: the exit code is one of these.
:want
set name=%1
set right=
set wanted=
:want_next
shift
if "%1"=="" goto want_said
set wanted=%wanted% %1
if "%1"=="%code%" set right=yes
goto want_next
:want_said
if defined right >> "%out%\results.txt" echo ok %name%: exit %code%
if not defined right >> "%out%\results.txt" echo not ok %name%: exit %code%, expected%wanted%
if not defined right echo   not ok %name%: exit %code%, expected%wanted%
exit /b 0

rem collect NAME: the report, facts, journals and SetupAPI's logs of this moment, without names of users. Keeps code.
:collect
set before=%code%
if exist "%out%\%1.zip" del "%out%\%1.zip"
call :run collect-%1 %1-files.txt collect "%out%\%1.zip" %manifest%
if not exist "%out%\%1.zip" set code=none
call :want collect-%1 0
set code=%before%
exit /b 0

rem ask: agreed is set when the answer is yes.
:ask
set agreed=yes
if defined yes exit /b 0
set answer=
set /p answer=  Type yes to go on: 
if /i not "%answer%"=="yes" set agreed=
if not defined agreed echo   Nothing was changed.
exit /b 0
