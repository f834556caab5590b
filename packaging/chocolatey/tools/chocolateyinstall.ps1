$ErrorActionPreference = 'Stop'

$tools = Split-Path -Parent $MyInvocation.MyCommand.Definition
# Windows does not let a 32-bit process install drivers on 64-bit Windows.
$own, $other = if (Get-OSArchitectureWidth -Compare 64) { 'x64', 'x86' } else { 'x86', 'x64' }
$program = Join-Path $tools "$own\xenpv.exe"
$checksums = @{ x86 = '@SHA256_X86@'; x64 = '@SHA256_X64@' }

Get-ChecksumValid -File $program -Checksum $checksums[$own] -ChecksumType 'sha256'

# Only the one for this Windows is called xenpv on the command line.
New-Item -ItemType File -Force -Path (Join-Path $tools "$other\xenpv.exe.ignore") | Out-Null

$parameters = Get-PackageParameters
if ($parameters.ContainsKey('Install')) {
    $arguments = 'install /quiet /norestart'
    if ($parameters['Packages']) { $arguments += " --packages `"$($parameters['Packages'])`"" }
    if ($parameters.ContainsKey('TrustPublisher')) { $arguments += ' --trust-publisher' }
    # 3010: the drivers are in, and Windows has to be restarted; 1641: it is restarting. Anything else: nothing was changed.
    $code = Start-ChocolateyProcessAsAdmin -ExeToRun $program -Statements $arguments -ValidExitCodes @(0, 1641, 3010)
    Set-PowerShellExitCode -ExitCode $code
}
