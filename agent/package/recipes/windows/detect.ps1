# Detection script of the Intune app: installed in this version or a newer one, with its service. Prints a line and ends with 0 where it is.
$wanted = [version]'0.1.0'
$agent = Join-Path $env:ProgramFiles 'Evenkeel Agent\evenkeel-agent.exe'
if (-not (Test-Path $agent)) { exit 1 }
if (-not (Get-Service EvenkeelAgent -ErrorAction SilentlyContinue)) { exit 1 }
$found = [version]((& $agent --version) -replace '[^0-9.].*$', '')
if ($found -lt $wanted) { exit 1 }
"Evenkeel agent $found"
exit 0
