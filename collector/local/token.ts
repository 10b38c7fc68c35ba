/** `<data>/local.token`: an admin's token for tools on this machine, for whoever may read the data folder anyway. */
import { rmSync, writeFileSync } from 'node:fs';
import type { Tokens } from '../accounts/tokens.ts';
import { removeOwn } from '../data/folder.ts';

const name = 'local tools';

/** New at each start; the one of a start that was killed stops working here. @returns the function that ends it */
export async function writeLocalToken(tokens: Tokens, path: string): Promise<() => Promise<void>> {
  await tokens.revokeNamed(name);
  const { secret } = await tokens.create({ name, role: 'admin', by: 'collector' });
  // Removed first: writing into an old file would keep its permissions.
  rmSync(path, { force: true });
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return async () => {
    removeOwn(path, `${secret}\n`);
    await tokens.revokeNamed(name);
  };
}
