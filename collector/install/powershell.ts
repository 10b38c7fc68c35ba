/** `/install.ps1`: for Windows PowerShell 5.1 and 7. Public, so nothing in it is secret; the join code comes down the pipe. */
import type { AgentPackage } from '../../shared/joining.ts';
import { type InstallAddresses, powerShellPin, quotedPowerShell } from './lines.ts';

export function installPowerShell(addresses: InstallAddresses, packages: readonly AgentPackage[]): string {
  const rows = packages
    .filter(({ form }) => form === 'msi')
    .map(
      ({ arch, name, sha256, size }) =>
        `  @{ arch = ${quotedPowerShell(arch)}; name = ${quotedPowerShell(name)}; sha256 = ${quotedPowerShell(sha256)}; size = ${size} }`,
    );
  return `# Installs the Evenkeel agent and enrols this machine. In a PowerShell of an administrator:
#   'CODE' | powershell -ExecutionPolicy Bypass -File ek.ps1 [-Again]
param([switch] $Again)
$ErrorActionPreference = 'Stop'
$url = ${quotedPowerShell(addresses.http)}
$packages = @(
${rows.join('\n')}
)
function Stop-With([string] $text) { [Console]::Error.WriteLine("install.ps1: $text"); exit 1 }

$principal = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
  Stop-With 'this needs the rights of an administrator. Open PowerShell with "Run as administrator" and paste the line again.'
}
$code = if ($env:EVENKEEL_JOIN_CODE_FILE) { Get-Content -Raw $env:EVENKEEL_JOIN_CODE_FILE } else { @($input) -join '' }
$code = $code -replace '\\s', ''
if (-not $code) { Stop-With 'there is no join code. Paste the whole line of the page "Add endpoint".' }
$arch = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'arm64' } else { 'x64' }
# Windows on ARM runs x64 programs.
$package = @($packages | Where-Object { $_.arch -eq $arch }) + @($packages | Where-Object { $_.arch -eq 'x64' }) | Select-Object -First 1
if (-not $package) {
  Stop-With 'this collector has no package for Windows. Build it with: npm run package -- --target win-x64, and put it into the folder packages of the collector''s data.'
}
$free = (Get-PSDrive $env:SystemDrive.TrimEnd(':')).Free
if ($free -lt $package.size * 5) {
  Stop-With ('there is no room: {0:N0} MB are free, and {1:N0} MB are needed.' -f ($free / 1MB), ($package.size * 5 / 1MB))
}
${powerShellPin(addresses)}
$file = Join-Path $env:TEMP ([guid]::NewGuid().ToString() + '.msi')
try {
  "Fetching $($package.name) from $url"
  (New-Object Net.WebClient).DownloadFile("$url/packages/$($package.name)", $file)
  $got = (Get-FileHash $file -Algorithm SHA256).Hash.ToLower()
  if ($got -ne $package.sha256) { Stop-With "$($package.name) is not what the collector announced (SHA-256 $got). Nothing was installed." }
  $done = Start-Process msiexec.exe -ArgumentList '/i', "\`"$file\`"", '/qn', '/norestart' -Wait -PassThru
  if ($done.ExitCode -notin 0, 3010) { Stop-With "Windows Installer ended with $($done.ExitCode)." }
} finally {
  Remove-Item $file -Force -ErrorAction SilentlyContinue
}
$agent = Join-Path $env:ProgramFiles 'Evenkeel Agent\\evenkeel-agent.exe'
$data = Join-Path $env:ProgramData 'Evenkeel\\data'
if ((Test-Path (Join-Path $data 'agent.json')) -and -not $Again) {
  'This machine is enrolled already, and keeps its identity. For another one: -Again.'
} else {
  if ($Again) { $code | & $agent enroll - --again } else { $code | & $agent enroll - }
  if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}
if (-not (Test-Path (Join-Path $data 'agent.json')) -and (Test-Path (Join-Path $data 'join-waiting.json'))) { exit 0 }
& $agent wait --seconds 60
if ($LASTEXITCODE -ne 0) {
  'No report has been confirmed within a minute. What stands in the way:'
  & $agent doctor
  exit 1
}
`;
}
