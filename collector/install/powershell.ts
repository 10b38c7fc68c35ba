/** `/install.ps1`: for Windows PowerShell 5.1 and 7. Public, so nothing in it is secret; the join code comes down the pipe. */
import type { AgentPackage } from '../../shared/joining.ts';
import { codeWords } from './join-words.ts';
import { type InstallAddresses, powerShellPin, quotedPowerShell } from './lines.ts';

export function installPowerShell(addresses: InstallAddresses, packages: readonly AgentPackage[]): string {
  const rows = packages
    .filter(({ form }) => form === 'msi')
    .map(
      ({ arch, name, sha256, size, version }) =>
        `  @{ arch = ${quotedPowerShell(arch)}; name = ${quotedPowerShell(name)}; sha256 = ${quotedPowerShell(sha256)}; size = ${size}; version = ${quotedPowerShell(version)} }`,
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
# As shared/join-code.ts: the last four characters are the first of SHA-256 of the others, as base64url.
function Stop-Code([string] $words) { Stop-With ($words -f $(if ($code.Length -gt 20) { $code.Substring(0, 20) + [char]0x2026 } else { $code })) }
$cut = ${quotedPowerShell(codeWords('BAD_JOIN_CODE', '{0}'))}
if ($code -cnotmatch '^EK[12]-[A-Za-z0-9_-]{5,}$') { Stop-Code $cut }
if ($code -clike 'EK2-*') {
  $before = $code.Substring(0, $code.Length - 4)
  $hash = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::ASCII.GetBytes($before))
  if ([Convert]::ToBase64String($hash, 0, 3).Replace('+', '-').Replace('/', '_') -cne $code.Substring($code.Length - 4)) {
    $body = $before.Substring(4).Replace('-', '+').Replace('_', '/')
    $body = $body.Substring(0, $body.Length - $(if ($body.Length % 4 -eq 1) { 1 } else { 0 }))
    $body = $body.PadRight([int][Math]::Ceiling($body.Length / 4) * 4, '=')
    # What was cut off is no longer whole JSON.
    if ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($body)) -match '^\\{[\\s\\S]*\\}$') { Stop-Code ${quotedPowerShell(codeWords('JOIN_CODE_MISTYPED', '{0}'))} }
    Stop-Code $cut
  }
}
$arch = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'arm64' } else { 'x64' }
# Windows on ARM runs x64 programs.
$package = @($packages | Where-Object { $_.arch -eq $arch }) + @($packages | Where-Object { $_.arch -eq 'x64' }) | Select-Object -First 1
if (-not $package) {
  Stop-With 'this collector has no package for Windows. Build it with: npm run package -- --target win-x64, and put it into the folder packages of the collector''s data.'
}
$agent = Join-Path $env:ProgramFiles 'Evenkeel Agent\\evenkeel-agent.exe'
if ((Test-Path $agent) -and (& $agent --version) -eq $package.version) {
  "evenkeel-agent $($package.version) is installed already, and is not fetched again."
} else {
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
}
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
