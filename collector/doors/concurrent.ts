/** How much one caller may have in progress at a time, of what costs much: nobody's scripts take all of it from the others. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '../../shared/errors.ts';

/** @returns counts this request until its answer is sent or its connection ends. @throws EvenkeelError TOO_MANY_REQUESTS */
export function createConcurrent(atMost: number): (request: FastifyRequest, reply: FastifyReply) => void {
  const open = new Map<string, number>();
  return ({ caller }, { raw }) => {
    const key = `${caller?.by} ${caller?.name}`;
    const n = open.get(key) ?? 0;
    if (n >= atMost) throw fail('TOO_MANY_REQUESTS', { limit: atMost, window: 'progress per user' });
    open.set(key, n + 1);
    raw.once('close', () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
  };
}
