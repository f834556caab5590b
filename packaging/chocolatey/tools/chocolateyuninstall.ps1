$ErrorActionPreference = 'Stop'

$tools = Split-Path -Parent $MyInvocation.MyCommand.Definition
$own = if (Get-OSArchitectureWidth -Compare 64) { 'x64' } else { 'x86' }
$program = Join-Path $tools "$own\xenpv.exe"

# The drivers are the guest's, not the package's: they stay, unless it is said.
$parameters = Get-PackageParameters
if ($parameters.ContainsKey('Remove')) {
    $code = Start-ChocolateyProcessAsAdmin -ExeToRun $program -Statements 'remove /quiet /norestart' -ValidExitCodes @(0, 1641, 3010)
    Set-PowerShellExitCode -ExitCode $code
}
