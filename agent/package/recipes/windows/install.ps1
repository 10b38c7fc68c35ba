# For Intune (Win32 app) and start scripts by group policy: installs the MSI beside this file, and enrols once. Not tried on a real Windows.
# Beside it: the MSI, and join.code with a join code for many machines.
$ErrorActionPreference = 'Stop'
$agent = Join-Path $env:ProgramFiles 'Evenkeel Agent\evenkeel-agent.exe'
$data = Join-Path $env:ProgramData 'Evenkeel\data'
$msi = Get-ChildItem (Join-Path $PSScriptRoot 'evenkeel-agent-*.msi') | Sort-Object Name | Select-Object -Last 1
if (-not $msi) { [Console]::Error.WriteLine("install.ps1: there is no evenkeel-agent-*.msi in $PSScriptRoot."); exit 1 }
$done = Start-Process msiexec.exe -ArgumentList '/i', "`"$($msi.FullName)`"", '/qn', '/norestart' -Wait -PassThru
if ($done.ExitCode -notin 0, 3010) { [Console]::Error.WriteLine("install.ps1: Windows Installer ended with $($done.ExitCode)."); exit $done.ExitCode }
if (-not (Test-Path (Join-Path $data 'agent.json'))) {
  # By standard input: the words of a command are in the list of processes.
  Get-Content -Raw (Join-Path $PSScriptRoot 'join.code') | & $agent enroll -
  if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}
exit $done.ExitCode
