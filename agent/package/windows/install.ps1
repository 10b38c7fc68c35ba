# Installs the agent out of this folder: in a PowerShell of an administrator, .\install.ps1
#   .\install.ps1 -Uninstall [-Purge]    removes it; -Purge also its data
param([switch] $Uninstall, [switch] $Purge)
$ErrorActionPreference = 'Stop'
$service = 'EvenkeelAgent'
$home_ = Join-Path $env:ProgramFiles 'Evenkeel Agent'
$data = Join-Path $env:ProgramData 'Evenkeel\data'
$principal = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
  throw 'install.ps1: this needs the rights of an administrator. Open PowerShell with "Run as administrator" and run it again.'
}
if (Get-Service $service -ErrorAction SilentlyContinue) {
  Stop-Service $service -Force
  & sc.exe delete $service | Out-Null
}
if ($Uninstall) {
  if (Test-Path $home_) { Remove-Item $home_ -Recurse -Force }
  if ($Purge -and (Test-Path $data)) { Remove-Item $data -Recurse -Force }
  'Removed the Evenkeel agent.' + $(if (-not $Purge) { " Its data is still in $data." })
  exit 0
}
New-Item $home_, $data -ItemType Directory -Force | Out-Null
# SYSTEM and administrators only, nothing inherited: the credential lies there.
& icacls.exe $data /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
Copy-Item (Join-Path $PSScriptRoot '*') $home_ -Include evenkeel-agent.exe, shawl.exe, LICENSE, THIRD-PARTY.txt -Force
& (Join-Path $home_ 'shawl.exe') add --name $service --stop-timeout 20000 --restart --restart-delay 5000 --no-log `
  --cwd $home_ -- (Join-Path $home_ 'evenkeel-agent.exe') run
& sc.exe config $service start= auto | Out-Null
Start-Service $service
"Installed. Now enrol this machine: & '$home_\evenkeel-agent.exe' enroll"
