/** Checks what is sent against the schema of its route, and says in words what does not fit: field, value, what is allowed. */
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Value } from 'typebox/value';
import { type EvenkeelError, fail, type PlacedFault } from '../../shared/errors.ts';
import { type Fault, faultsOf } from '../../shared/shape.ts';

/** So many of the faults are named; the message stays readable. */
const faultsShown = 5;
const partNames: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the address',
  headers: 'the headers',
};

type Compiler = typeof TypeBoxValidatorCompiler;

/** Errors of the compiled check name the keyword and its regular expression; they only say that there is a fault. */
export const compileValidator = ((route: Parameters<Compiler>[0]) => {
  const check = TypeBoxValidatorCompiler(route);
  const { schema, httpPart } = route;
  return (sent: unknown) => {
    const left = httpPart === 'querystring' ? leftEmpty(schema as QuerySchema, sent as Record<string, unknown>) : {};
    const outcome = check(sent) as { error?: unknown };
    if (outcome.error === undefined && Object.keys(left).length === 0) return outcome;
    const given = httpPart === 'body' ? sent : { ...(Value.Convert(schema as never, sent) as object), ...left };
    return { error: refusal(faultsOf(schema as object, given), httpPart) };
  };
}) as unknown as Compiler;

type QuerySchema = { properties?: Record<string, { type?: string }> };

/** `?tier=` asks for nothing, and would be converted to 0. */
function leftEmpty({ properties = {} }: QuerySchema, sent: Record<string, unknown>): Record<string, unknown> {
  const isNumber = (key: string) => properties[key]?.type === 'integer' || properties[key]?.type === 'number';
  return Object.fromEntries(Object.entries(sent).filter(([key, value]) => value === '' && isNumber(key)));
}

/** Of a route that reads none: all keys are strange ones. @throws EvenkeelError BAD_REQUEST */
export async function refuseUnreadBody({ method, headers, body, routeOptions }: FastifyRequest): Promise<void> {
  const { url, schema } = routeOptions;
  if (url === undefined || schema?.body !== undefined) return;
  // What comes with a GET is not even parsed.
  if (method === 'GET' && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0))
    throw fail('BAD_REQUEST', { problem: 'a GET takes no body; say in the query what you ask for' });
  const found = body === undefined || body === null ? [] : faultsOf(nothing, body);
  if (found.length > 0) throw refusal(found);
}
const nothing = { type: 'object', additionalProperties: false };

/** What the compiled check does not look at, `check` of a schema, is looked at by `faultsOf`. */
/** @param before a sentence about the whole of it */
export function refusal(found: readonly Fault[], part = 'body', before = ''): EvenkeelError {
  const partName = partNames[part] ?? part;
  const faults = found.map(({ path, problem, why, isKey }): PlacedFault => {
    const place = (isKey ? path.slice(0, -1) : path).join('.').slice(0, 200);
    const at = place === '' ? partName : place;
    return { at, problem: isKey ? `has an ${problem}` : problem, ...(why && { why }) };
  });
  const shown = faults.slice(0, faultsShown).map(({ at, problem }) => `${at} ${problem}`);
  if (faults.length > faultsShown) shown.push(`and ${faults.length - faultsShown} more`);
  if (shown.length === 0) shown.push(`${partName} does not have the expected shape`);
  return fail('BAD_REQUEST', { problem: `${before}${shown.join('; ')}` }, undefined, faults);
}
