/** An authority of one's own with a server certificate below it, made by openssl in `folder`. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** @returns the paths, or null where openssl is missing */
export function makeAuthority(folder: string, name = 'authority', names = 'DNS:localhost,IP:127.0.0.1') {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const run = (...words: string[]) => spawnSync('openssl', words, { stdio: 'ignore' }).status === 0;
  const paths = { ca: at('ca.crt'), cert: at('leaf.crt'), key: at('leaf.key') };
  writeFileSync(at('ext'), `subjectAltName=${names}\n`);
  const made =
    run('req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-keyout', at('ca.key'), '-out', paths.ca) &&
    run('req', ...key, '-subj', '/CN=keel', '-keyout', paths.key, '-out', at('leaf.csr')) &&
    run(
      ...['x509', '-req', '-in', at('leaf.csr'), '-CA', paths.ca, '-CAkey', at('ca.key'), '-CAcreateserial'],
      ...['-days', '2', '-extfile', at('ext'), '-out', paths.cert],
    );
  return made ? paths : null;
}
