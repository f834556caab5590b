@echo off
rem SetupComplete.cmd: runs xenpv.cmd, which has to be beside it.
rem
rem Windows Setup (Vista and later) runs %WINDIR%\Setup\Scripts\SetupComplete.cmd as SYSTEM, once, before anybody logs
rem on. It does not look at the exit code, and must not be restarted from here: "You can't reboot the system and resume
rem running SetupComplete.cmd" (Microsoft, "Add a Custom Script to Windows Setup"). So the drivers work after the next
rem restart, whoever asks for it. It is not run where an OEM's product key is used, except on Enterprise and Server:
rem there the first logon of unattend.xml does the same.
rem
rem Both files go to \sources\$OEM$\$$\Setup\Scripts of the installation medium, or into the image, or to the bundle:
rem autounattend.xml copies them from there.
rem
rem Without "call" it takes over from here, and its exit code is the one of this script.
"%~dp0xenpv.cmd"
