/** `run-backup --job NAME [flags] -- COMMAND ARGUMENT…`: see ../backup-run.ts. */
import { fail } from '../../shared/errors.ts';
import { withoutSecrets } from '../../shared/secrets.ts';
import { type BackupOrder, runBackup } from '../backup-run.ts';
import { deedsOf } from '../checks/backup/deeds.ts';
import { productNamed, productOfProgram, products } from '../checks/backup/index.ts';
import { endLike } from '../pass-through.ts';
import type { AgentCommand } from './command.ts';

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

/** Flags and words as an order. @throws EvenkeelError BAD_FLAG */
export function orderOf(values: Record<string, unknown>, words: readonly string[]): BackupOrder {
  const [command, ...args] = words;
  if (command === undefined) throw fail('BAD_FLAG', { problem: 'no command: write it after --' });
  const job = textOf(values.job);
  if (job === null || job.length > 80)
    throw fail('BAD_FLAG', { problem: 'no --job with a name of 1 to 80 characters' });
  const product = textOf(values.product);
  if (product !== null && !productNamed(product)?.outcome) {
    const known = products.filter(({ outcome }) => outcome).map(({ name }) => name);
    throw fail('BAD_FLAG', { problem: `an unknown --product "${product}" (known: ${known.join(', ')})` });
  }
  const repository = textOf(values.repository);
  const own = command.split(/[\\/]/).at(-1) || command;
  // Through sudo, env and `sh -c`, as long as only one product runs there.
  const inside = new Set(deedsOf(command, args).map(({ program }) => productOfProgram(program)?.name ?? own));
  const [only] = inside.size === 1 ? inside : [own];
  return {
    job,
    product: product ?? (only as string).slice(0, 64),
    protects: Array.isArray(values.protects) ? values.protects.map(String) : [],
    schedule: textOf(values.schedule),
    repository: repository === null ? null : withoutSecrets(repository),
    verify: values.verify === true,
    command,
    args,
  };
}

export const command: AgentCommand = {
  options: {
    job: { type: 'string' },
    product: { type: 'string' },
    protects: { type: 'string', multiple: true },
    schedule: { type: 'string' },
    repository: { type: 'string' },
    verify: { type: 'boolean' },
  },
  async run({ data, values, words }) {
    return endLike(await runBackup(orderOf(values, words), data));
  },
};
