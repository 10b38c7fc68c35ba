/** What a log-in leaves in the browser: the session, and the sign that this person was right in it before. */
import type { FastifyReply } from 'fastify';
import { deviceMs } from '../accounts/devices.ts';
import { sessionMs } from '../accounts/sessions.ts';
import type { Context } from './context.ts';

/**
 * With the prefix a browser takes it over TLS only, from this very name and for all its paths: no neighbour under the
 * same domain can set it.
 */
export const cookieName = (address: string) => (address.startsWith('https:') ? '__Host-evenkeel' : 'evenkeel');
/** One for each person, because several may use the same browser. */
export const deviceCookie = (address: string, userId: string) => `${cookieName(address)}-device-${userId}`;

const attributes = (address: string, ms: number) => ({
  ...{ path: '/', httpOnly: true, sameSite: 'strict' as const, maxAge: ms / 1000 },
  secure: address.startsWith('https:'),
});

export async function giveDevice({ accounts, addresses }: Context, reply: FastifyReply, userId: string): Promise<void> {
  const address = addresses().http;
  const value = await accounts.devices.make(userId);
  reply.setCookie(deviceCookie(address, userId), value, attributes(address, deviceMs));
}

export async function giveSession(context: Context, reply: FastifyReply, userId: string): Promise<void> {
  const address = context.addresses().http;
  const secret = await context.accounts.sessions.begin(userId);
  reply.setCookie(cookieName(address), secret, attributes(address, sessionMs));
  await giveDevice(context, reply, userId);
}
