/** Checks the settings of a channel, and says what is wrong by the name that people wrote. */
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { fail } from '../../shared/errors.ts';

/** @throws EvenkeelError BAD_SETTING */
export function checkSettings<S extends TSchema>(channel: string, schema: S, raw: Record<string, unknown>): Static<S> {
  const validator = Compile(schema);
  if (validator.Check(raw)) return raw as Static<S>;
  const [error] = validator.Errors(raw);
  const missing =
    error && 'requiredProperties' in error.params ? (error.params.requiredProperties as string[])[0] : null;
  const what = `channels.${channel}${(error?.instancePath ?? '').replaceAll('/', '.')}${missing ? `.${missing}` : ''}`;
  const problem =
    missing !== null
      ? 'is missing'
      : error?.message === 'schema is false'
        ? 'is not known'
        : (error?.message ?? 'is wrong');
  throw fail('BAD_SETTING', { what, problem });
}
