/**
 * The line to paste on a machine, for each system. It downloads a script under the pinned key of this server and gives it the join
 * code on standard input: the words of a command stand in the list of processes, and `curl | sh` goes on after a refused key.
 */
import { whoeverItWas } from '../../shared/identity-kinds.ts';
import type { JoinLines } from '../../shared/joining.ts';
import { pasteLine } from '../fleet/enrollment.ts';
import type { Addresses } from '../settings/addresses.ts';

export type InstallAddresses = Pick<Addresses, 'http' | 'codePins' | 'serverPins'>;

/** For a shell: nothing in it means anything. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
export const quotedPowerShell = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Whether the key of this server has to be known: no system trusts its authority. */
export const isPinned = ({ http, codePins }: InstallAddresses) => http.startsWith('https:') && codePins.length > 0;

/** curl checks the pin whatever `-k` says; what it compares is the server's own key, so the next one stands beside it. */
export function curlWords(addresses: InstallAddresses): string {
  if (!addresses.http.startsWith('https:')) return '-fsS';
  if (!isPinned(addresses)) return "-fsS --proto '=https'";
  return `-fsSk --proto '=https' --pinnedpubkey ${quoted(curlPins(addresses))}`;
}

export const curlPins = ({ serverPins }: InstallAddresses) => serverPins.map((pin) => `sha256//${pin}`).join(';');

/**
 * Compiled, because PowerShell 5.1 skips no check for one call, and a script block fails as a callback on another thread. The
 * bytes in front are what every P-256 key begins with.
 */
export function powerShellPin(addresses: InstallAddresses): string {
  if (!isPinned(addresses)) return '';
  const pins = addresses.serverPins.map(quotedPowerShell).join(',');
  return `Add-Type 'using System;using System.Net;using System.Linq;using System.Security.Cryptography;public class Ek{public static void Pin(string[] p){var b=Convert.FromBase64String("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=");ServicePointManager.SecurityProtocol|=(SecurityProtocolType)3072;ServicePointManager.ServerCertificateValidationCallback=(s,c,n,e)=>p.Contains(Convert.ToBase64String(SHA256.Create().ComputeHash(b.Concat(c.GetPublicKey()).ToArray())));}}'; [Ek]::Pin(@(${pins})); `;
}

export function linesFor(code: string, replaces: string | null, addresses: InstallAddresses): JoinLines {
  const again = replaces === null || replaces === whoeverItWas ? '' : ' --again';
  const url = (name: string) => `${addresses.http}/${name}`;
  const shell = `curl ${curlWords(addresses)} ${quoted(url('install.sh'))} -o ek.sh && echo ${code} | sudo sh ek.sh${again}`;
  return {
    linux: shell,
    macos: shell,
    windows: `${powerShellPin(addresses)}(New-Object Net.WebClient).DownloadFile(${quotedPowerShell(url('install.ps1'))},"$HOME\\ek.ps1"); '${code}' | powershell -ExecutionPolicy Bypass -File "$HOME\\ek.ps1"${again === '' ? '' : ' -Again'}`,
    source: pasteLine(code, replaces),
  };
}
