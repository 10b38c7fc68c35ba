/** Which connections stay on one machine, and so need no encryption. Pure. */

/** A host of a setting or of a URL, where IPv6 stands in brackets. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  // The last form is 127.0.0.1 as IPv6, as URL writes it.
  return (
    name === 'localhost' ||
    name === '::1' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name) ||
    /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(name)
  );
}

/** What is sent there can be read on the way. */
export function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'mqtt:') && !isLoopback(hostname);
}
