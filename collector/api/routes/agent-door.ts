/** Where agents come in that reach no port but this one. What they say then is MQTT, and has no part in this interface. */
import { fail } from '../../../shared/errors.ts';
import { webPath, webProtocol } from '../../../shared/web-stream.ts';
import { acceptUpgrade } from '../../doors/web-socket.ts';
import type { App, Context } from '../context.ts';

const protocolsOf = (header: string | undefined) => (header ?? '').split(',').map((one) => one.trim());

export function agentDoorRoutes(app: App, { agentDoor, addresses }: Context): void {
  app.get(
    webPath,
    { schema: { summary: 'For agents: MQTT over WebSocket', tags: ['enrolment'] } },
    async (request, reply) => {
      if (!agentDoor) throw fail('WEBSOCKET_OFF', { url: addresses().mqtt });
      const { origin } = request.headers;
      // Only pages in browsers have one.
      if (origin !== undefined) throw fail('CROSS_ORIGIN', { origin: origin.slice(0, 100) });
      if (!request.takeOver) {
        reply.header('upgrade', 'websocket');
        throw fail('UPGRADE_MISSING', { path: webPath });
      }
      if (!protocolsOf(request.headers['sec-websocket-protocol']).includes(webProtocol))
        throw fail('BAD_REQUEST', {
          problem: `what is spoken at ${webPath} is "${webProtocol}": name it in Sec-WebSocket-Protocol`,
        });
      const { socket, head } = request.takeOver();
      reply.hijack();
      acceptUpgrade(request.raw, socket, head, request.ip, agentDoor.take);
      return reply;
    },
  );
}
