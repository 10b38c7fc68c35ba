/**
 * A link to a remote desktop as the file that Windows opens: there `rdp:` links belong to no program. Pure.
 * @param url such as `rdp://full%20address=s:10.1.2.3&audiomode=i:2`. @returns null for what is no such link
 */
export function rdpFileOf(url: string): string | null {
  const [, settings = ''] = /^rdp:\/\/([^?#]+)$/i.exec(url) ?? [];
  const lines = settings.split('&').map((one) => {
    const [, name = '', type, value = ''] = /^([^=]+)=([sib]):(.*)$/i.exec(one) ?? [];
    try {
      const line = `${decodeURIComponent(name)}:${type}:${decodeURIComponent(value)}`;
      // One more line would be a setting of its own.
      return type === undefined || /\p{Cc}/u.test(line) ? null : line;
    } catch {
      return null;
    }
  });
  return lines.includes(null) ? null : lines.map((line) => `${line}\r\n`).join('');
}
