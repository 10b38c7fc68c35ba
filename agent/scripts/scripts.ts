/**
 * Canned scripts: what the administrator of this machine lets others start, and nothing else. Of all this only this file is
 * loaded where there is no `scripts.yaml` and no order: an agent is small.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '../../shared/reason.ts';
import type { ScriptOrder } from '../../shared/report.ts';
import { type Check, NoData } from '../checks/check.ts';
import { settingsFolder } from '../home.ts';
import type { ScriptParts, ScriptRunner } from './runner.ts';

export interface OwnScripts {
  /** Offers what may be run. */
  check: Check;
  /** Orders of the collector: each is judged once, by what this machine's own file says at that moment. */
  take(orders: readonly ScriptOrder[]): void;
}

/** How often the file is looked at: a button that is gone disappears from the pages this soon. */
const everyMs = 60_000;
/** Something was offered, or ran: it is taken back when the file is gone. */
const usedKey = 'scripts_used';

/** Nowhere else, as other settings may: what the agent itself could write is no word of its administrator. */
export const scriptsFile = (data: string) => join(settingsFolder(data), 'scripts.yaml');

export function createScripts(parts: ScriptParts): OwnScripts {
  const { data, log, memory } = parts;
  let runner: Promise<ScriptRunner> | null = null;
  const open = () => {
    runner ??= import('./runner.ts').then(({ openScriptRunner }) => {
      memory.set(usedKey, true);
      return openScriptRunner({ ...parts, file: scriptsFile(data) });
    });
    return runner;
  };

  return {
    check: {
      name: 'scripts',
      every: everyMs,
      reads: 'scripts.yaml, and the files that it names',
      async run() {
        if (!existsSync(scriptsFile(data)) && runner === null && memory.get(usedKey) !== true)
          throw new NoData(reason('no_scripts_file'));
        return { sections: { scripts: await (await open()).offers() } };
      },
    },
    take(orders) {
      if (orders.length === 0) return;
      open()
        .then((opened) => opened.take(orders))
        .catch((thrown: unknown) => log.error({ err: thrown }, 'Could not look at an order to run a script'));
    },
  };
}
