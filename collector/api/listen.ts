import { fail, reasonOf } from '../../shared/errors.ts';
import type { Config } from '../settings/settings.ts';
import type { App } from './context.ts';

/** @returns the port that is really listened on. @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export async function listen(server: App, { host, port }: Config['http']): Promise<number> {
  try {
    await server.listen({ host, port });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const values = { address: `${host}:${port}`, option: '--http-port', reason: reasonOf(thrown) };
    throw fail(code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_REFUSED', values, thrown);
  }
  const bound = server.server.address();
  return typeof bound === 'object' && bound ? bound.port : port;
}
