/** `audit check`: whether the audit log is what it was, by its chain and by a head that was kept elsewhere. */
import { existsSync } from 'node:fs';
import { fail } from '../../shared/errors.ts';
import { pathsOf } from '../data/folder.ts';
import { type AuditHead, lookAtChain } from '../state/audit-chain.ts';
import { openState } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

function headIn(text: unknown): AuditHead | null {
  if (text === undefined) return null;
  const [, seq, hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(String(text)) ?? [];
  if (seq !== undefined) return { seq: Number(seq), hash };
  throw fail('BAD_FLAG', {
    problem: `--head "${text}"; write the number and the hash of the log or the webhook, as 12:3f…`,
  });
}

export const command: Command = {
  options: { ...commonOptions, head: { type: 'string' } },
  async run(values) {
    const outside = headIn(values.head);
    const { config } = settingsFrom(values);
    const paths = pathsOf(config.data);
    if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
    const state = await openState(config.state ?? paths.state);
    try {
      const { entries, head, faults, emptied } = await lookAtChain(state, outside);
      const lines = [
        `Entries   ${entries}`,
        `Head      ${head.seq}:${head.hash}`,
        ...(emptied > 0 ? [`Emptied   ${emptied} before an endpoint was erased: their content cannot be checked`] : []),
        ...faults.map((fault) => `BAD       ${fault}`),
        faults.length === 0
          ? 'The audit log is whole.'
          : 'The audit log was changed outside this program: restore it from a backup, and find out who may write its database.',
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
      return faults.length === 0 ? 0 : 1;
    } finally {
      await state.destroy();
    }
  },
};
