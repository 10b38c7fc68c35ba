/**
 * Software: who has what, from the lists of the agents; products with what was bought of them; how they are used.
 */
import type { TableRead } from '../../shared/api.ts';
import type { Log } from '../../shared/log.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Authorship } from '../costs/entry-table.ts';
import type { State } from '../state/open.ts';
import { limitedState } from '../state/sight.ts';
import { assignProducts, takeOverInstalls } from './installs.ts';
import { type LicenceUse, licencesAt } from './licences.ts';
import { createProducts, listProducts, type Products, type StoredProduct } from './products.ts';
import {
  endpointsRead,
  findInstalls,
  findTitles,
  type InstallQuery,
  type InstallRow,
  type TitleQuery,
  type TitleRow,
  titleVersions,
} from './search.ts';
import { readStatedUsage, statedUsage } from './usage.ts';

export interface Software extends Products {
  /** @returns also of how many endpoints the software is known */
  titles(query: TitleQuery): Promise<{ items: TitleRow[]; next: string | null; endpoints: number }>;
  /** @throws EvenkeelError TOO_MANY_ROWS */
  installs(query: InstallQuery, limit: number): Promise<InstallRow[]>;
  /** @throws EvenkeelError NOT_FOUND */
  versionsOf(title: number): Promise<{ title: TitleRow; versions: { version: string; endpoints: number }[] }>;
  /** By name, each with its use now. */
  list(): Promise<{ product: StoredProduct; use: LicenceUse }[]>;
  usageTable(): Promise<string>;
  /** Adds and changes when units were used last. */
  readUsage(text: string, author: Authorship | null): Promise<TableRead>;
  /** Takes over inventories that nobody has asked for yet. */
  catchUp(): Promise<void>;
}

interface SoftwareParts {
  state: State;
  changeFeed: ChangeFeed;
  now: () => number;
  /** Of dates, IANA. */
  zone: string;
  log: Log;
}

export function createSoftware({ state, changeFeed, now, zone, log }: SoftwareParts): Software {
  const shown = limitedState(state);
  /** One at a time: two would add the same title. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
  const catchUp = () => inTurn(() => takeOverInstalls(state));
  changeFeed.subscribe((change) => {
    if (change.kind !== 'inventory' || change.section !== 'software') return;
    catchUp().catch((thrown: unknown) => log.debug({ err: thrown }, 'Could not take over a list of software yet'));
  });

  const products = createProducts({
    ...{ state, now },
    async saved() {
      await inTurn(() => assignProducts(state));
      changeFeed.publish({ kind: 'product' });
    },
  });

  return {
    ...products,
    catchUp,
    async titles(query) {
      await catchUp();
      return { ...(await findTitles(shown, query)), endpoints: await endpointsRead(shown) };
    },
    async installs(query, limit) {
      await catchUp();
      return findInstalls(shown, query, limit);
    },
    async versionsOf(title) {
      await catchUp();
      return titleVersions(shown, title);
    },
    async list() {
      await catchUp();
      const uses = new Map((await licencesAt(state, now(), zone)).map((use) => [use.id, use]));
      return (await listProducts(state)).flatMap((product) => {
        const use = uses.get(product.id);
        return use ? [{ product, use }] : [];
      });
    },
    usageTable: () => statedUsage(state),
    async readUsage(text, author) {
      const outcome = await readStatedUsage(state, { text, author, now: now(), zone });
      if (outcome.applied) changeFeed.publish({ kind: 'product' });
      return outcome;
    },
  };
}
