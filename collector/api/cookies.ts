/** What a log-in leaves in the browser: the session, and the sign that this person was right in it before. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { deviceMs } from '../accounts/devices.ts';
import { type Began, sessionMs } from '../accounts/sessions.ts';
import type { Context } from './context.ts';

/**
 * With the prefix a browser takes it over TLS only, from this very name and for all its paths: no neighbour under the
 * same domain can set it.
 */
export const cookieName = (address: string) => (address.startsWith('https:') ? '__Host-evenkeel' : 'evenkeel');
/** One for each person, because several may use the same browser. */
export const deviceCookie = (address: string, userId: string) => `${cookieName(address)}-device-${userId}`;

export const attributes = (address: string, ms: number) => ({
  ...{ path: '/', httpOnly: true, sameSite: 'strict' as const, maxAge: ms / 1000 },
  secure: address.startsWith('https:'),
});

export async function giveDevice({ accounts, addresses }: Context, reply: FastifyReply, userId: string): Promise<void> {
  const address = addresses().http;
  const value = await accounts.devices.make(userId);
  reply.setCookie(deviceCookie(address, userId), value, attributes(address, deviceMs));
}

/** @returns its secret */
export async function giveSession(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  began: Began = {},
): Promise<string> {
  const address = context.addresses().http;
  const from = { address: request.ip, device: request.headers['user-agent'] ?? null };
  const secret = await context.accounts.sessions.begin(userId, { ...from, ...began });
  reply.setCookie(cookieName(address), secret, attributes(address, began.ms ?? sessionMs));
  await giveDevice(context, reply, userId);
  return secret;
}
