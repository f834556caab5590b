@echo off
rem xenpv.cmd: installs the Xen PV drivers from a bundle, wherever it is mounted.
rem
rem   xenpv.cmd [OPTION of xenpv install]...
rem
rem A bundle is an ISO image that "xenpv bundle" made (label XENPV); it is known by bundle.json in its root, not by a
rem drive letter. Needs nothing but cmd.exe as Windows XP has it. It asks nobody and does not restart Windows, unless
rem --restart-if-needed is given. After the restart, whenever it is, the service xenpv-resume goes on by itself.
rem
rem --trust-publisher: nobody is there to answer when Windows asks about the signer, so the certificate of the signer
rem that was verified becomes a trusted publisher. Take it out if a group policy has put it there.
rem
rem The exit code is that of xenpv (docs/exit-codes.md): 0 done, 3010 done and Windows has to be restarted, 1641 the
rem restart has begun, anything else: the drivers are not in, and Windows is as it was. 1: no bundle was found, too.
setlocal

set bits=x86
if /i "%PROCESSOR_ARCHITECTURE%"=="AMD64" set bits=x64
if /i "%PROCESSOR_ARCHITEW6432%"=="AMD64" set bits=x64
set log=%SystemRoot%\Temp\xenpv-setup.log

rem A: and B: are floppy drives, which are slow to say that they are empty.
set bundle=
for %%d in (C D E F G H I J K L M N O P Q R S T U V W X Y Z) do if not defined bundle if exist %%d:\bundle.json if exist %%d:\%bits%\xenpv.exe set bundle=%%d:
if not defined bundle goto none

%bundle%\%bits%\xenpv.exe install /quiet /norestart --trust-publisher /log "%log%" %*
set code=%errorlevel%
set says=the drivers are not in: the lines above say why
if %code%==0 set says=nothing is left to do
if %code%==3010 set says=the drivers are in, and work after the next restart
if %code%==1641 set says=the drivers are in, and Windows restarts
>>"%log%" echo xenpv.cmd: exit code %code%: %says%
exit /b %code%

:none
>>"%log%" echo xenpv.cmd: exit code 1: no drive has bundle.json and %bits%\xenpv.exe
exit /b 1
