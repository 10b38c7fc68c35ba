/**
 * A day at the desk, as a script, lived in browsers: five people of the desk, thirty who report, ten alerts. What managers read at
 * its end has to be what the script says, and nothing that this file reads of the product.
 */
import { type Browser as Chromium, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KpiDetail, TicketDetail } from '../../shared/api.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import type { ArticleList } from '../../shared/knowledge.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { browserFlags, browserSteps, buildWeb } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { instant } from '../support/fleet-history.ts';
import { until } from '../support/processes.ts';
import { wired } from '../support/wired-machine.ts';

const test = suite('a day at the desk');
const minute = 60_000;
const zone = 'Europe/Berlin';
const password = 'a sentence that nobody guesses';
/** Tuesday 6 October 2026, 09:00 in Berlin. It stands still until the script says what time it is. */
const morning = instant('2026-10-06T07:00:00Z');
let passed = 0;
const clock: Clock = { now: () => morning + passed, monotonic: () => systemClock.monotonic() + passed };

const staff = { aya: 1, ben: 1, chie: 2, dan: 3, eve: 0 };
type Name = keyof typeof staff;

/** What is done to a ticket, at which minute of the day, and by whom. */
type Deed = [minute: number, by: Name, what: (page: Page) => Promise<void>];
interface Reported {
  title: string;
  way: 'phone' | 'chat' | 'portal';
  at: number;
  deeds: Deed[];
  /** What the script says of it at the end of the day; null: it is still open. */
  end: { tier: number; took: number; isFirst: boolean } | null;
  rating?: number;
  /** Of a portal: the page of who asked. */
  own?: string;
  id?: number;
}

let collector: InProcess;
let chrome: Chromium;
const pages = {} as Record<Name | 'reporter', Page>;
const { missing, step } = browserSteps(test);
const url = (path: string) => collector.started.addresses.http + path;
const main = (page: Page) => page.locator('main');

const reads = async <T>(path: string): Promise<T> => {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'admin' });
  assert.is(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body;
};
const posts = async <T>(path: string, body: object): Promise<T> => {
  const answer = await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body });
  assert.ok(answer.status < 300, `${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};

// ---- what people do, with their hands

const solves = (inContact?: boolean) => async (page: Page) => {
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  if (inContact !== undefined) {
    await main(page).getByText('How it was resolved').click();
    await page.getByLabel('Before the call or chat ended').selectOption(String(inContact));
  }
  await page
    .locator('.act-sheet')
    .getByRole('button', { name: /^Resolve/ })
    .click();
  const done = main(page)
    .getByText(/→ Resolved/)
    .first();
  await done.waitFor();
};
const answers = (text: string) => async (page: Page) => {
  await page.getByLabel('Comment', { exact: true }).fill(text);
  await page.getByLabel('Visible to').selectOption('public');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await main(page).getByText(text).first().waitFor();
};
const handsOff = (tier: number, to: Name, tried: string) => async (page: Page) => {
  const sheet = page.locator('.act-sheet');
  await page.getByRole('button', { name: 'More' }).click();
  await sheet.getByRole('button', { name: 'Hand over' }).click();
  await sheet.getByLabel('Tier').selectOption(String(tier));
  await sheet.getByLabel('Assigned to').selectOption(to);
  await sheet.getByLabel('Reason').fill('It needs more than we know');
  await sheet.getByLabel('What was tried').fill(tried);
  await sheet.getByRole('button', { name: 'Hand over' }).click();
  await main(page).getByText(tried).first().waitFor();
};
const callsSwarm = async (page: Page) => {
  await page.getByRole('button', { name: /^Call (the swarm|again)$/ }).click();
  await main(page)
    .getByText(/aya called/)
    .first()
    .waitFor();
};
const joins = async (page: Page) => {
  await page.getByRole('button', { name: 'Join to help' }).first().click();
  await page.getByRole('button', { name: 'Stop helping' }).first().waitFor();
};

// ---- the script

const byPhone = (n: number): Reported => ({
  ...{ title: `Phone call ${n}`, way: 'phone', at: 5 * n },
  ...(n <= 8
    ? { deeds: [[5 * n + 3, 'aya', solves(true)]], end: { tier: 1, took: 3, isFirst: true } }
    : {
        deeds: [
          [5 * n + 4, 'aya', handsOff(2, 'chie', `Restarted ${n} twice`)],
          [5 * n + 60, 'chie', solves(false)],
        ],
        end: { tier: 2, took: 60, isFirst: false },
      }),
});
const byChat = (n: number): Reported => ({
  ...{ title: `Chat ${n}`, way: 'chat', at: 2 + 5 * n },
  ...(n <= 6
    ? { deeds: [[2 + 5 * n + 2, 'ben', solves(true)]], end: { tier: 1, took: 2, isFirst: true } }
    : {
        deeds: [
          [2 + 5 * n + 2, 'ben', handsOff(2, 'chie', `Another cable at ${n}`)],
          ...(n === 7
            ? [[2 + 5 * n + 50, 'chie', solves(false)] as Deed]
            : ([
                [2 + 5 * n + 40, 'chie', handsOff(3, 'dan', 'Read the firmware')],
                [2 + 5 * n + 120, 'dan', solves(false)],
              ] as Deed[])),
        ],
        end: n === 7 ? { tier: 2, took: 50, isFirst: false } : { tier: 3, took: 120, isFirst: false },
      }),
});
/** Every hour some: strangers may not send more at once. The last one waits for tomorrow. */
const ratings = [5, 5, 4, 2, 5, 4];
const byPortal = (n: number): Reported => {
  const at = 61 + 20 * n;
  const rating = ratings[n - 1];
  const first: Deed = [at + 12, 'ben', answers(`We look at ${n}`)];
  return {
    ...{ title: `Portal ${n}`, way: 'portal', at },
    ...(n <= 6 ? { deeds: [first, [at + 15, 'ben', solves()]], end: { tier: 1, took: 15, isFirst: true } } : {}),
    ...(n === 7
      ? {
          deeds: [first, [at + 14, 'ben', answers('And it needs a restart')], [at + 16, 'ben', solves()]],
          end: { tier: 1, took: 16, isFirst: false },
        }
      : {}),
    ...(n === 8 ? { deeds: [first], end: null } : {}),
    ...(rating === undefined ? {} : { rating }),
  } as Reported;
};
const nTimes = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n + 1));
const reported: Reported[] = [...nTimes(10, byPhone), ...nTimes(8, byChat), ...nTimes(8, byPortal)];
/** Who finds an article that solves it, and sends nothing. */
const endedByArticle = 4;
/** Minutes at which the disk of each of ten machines is full, and what becomes of its ticket. */
const alerts: { at: number; deeds: Deed[]; heals: number | null; end: { tier: number; took: number } | null }[] = [
  ...nTimes(8, (n) => ({ at: 3 * n, deeds: [], heals: 3 * n + 8, end: null })),
  {
    at: 90,
    deeds: [
      [92, 'aya', callsSwarm],
      [93, 'chie', joins],
      [94, 'dan', joins],
      [180, 'aya', solves()],
    ],
    heals: 170,
    end: { tier: 1, took: 90 },
  },
  {
    at: 100,
    deeds: [
      [105, 'ben', handsOff(2, 'chie', 'Emptied the bin')],
      [150, 'chie', solves()],
    ],
    heals: 140,
    end: { tier: 2, took: 50 },
  },
];

// ---- the day

const machines: { id: string; label: string; report(usedPercent: number): Promise<void> }[] = [];

async function enrols(n: number) {
  const { id, wire } = await wired(collector, `pc-${n}`);
  const { url: label } = await posts<{ url: string }>(`endpoints/${id}/report-labels`, {});
  let seq = 0;
  machines.push({
    ...{ id, label: new URL(label).pathname },
    async report(used_percent) {
      const at = clock.now();
      const metrics = [
        { name: 'disk', tags: { path: '/', device: 'sda1' }, fields: { used_percent, free: 1e9 }, timestamp: at },
      ];
      const message = { v: 1, epoch: String(n + 1).padStart(32, '0'), seq: ++seq, at, interval_s: 60, metrics };
      await wire.publish(topicOf({ bucket: bucketOf(id), endpoint: id }, 'report'), JSON.stringify(message), {
        qos: 1,
      });
    },
  });
}

async function logsIn(name: Name | 'reporter', width: number): Promise<void> {
  const context = await chrome.newContext({ viewport: { width, height: 900 }, locale: 'en-GB' });
  const page = await context.newPage();
  await page.clock.setFixedTime(clock.now());
  pages[name] = page;
  if (name === 'reporter') return;
  await posts('users', { name, password, role: name === 'eve' ? 'manager' : 'operator', sites: null });
  await page.goto(url('/tickets'));
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Tickets' }).waitFor();
}

async function enters(one: Reported): Promise<void> {
  if (one.way === 'portal') {
    const page = pages.reporter;
    await page.goto(url(machines[one.at % 10]?.label as string));
    await page.getByLabel('What is wrong?').fill(`${one.title}\nsince this morning`);
    await page.getByLabel('Your name (optional)').fill(`Person ${one.at}`);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Received').first().waitFor();
    one.own = page.url();
  } else {
    const page = pages[one.way === 'phone' ? 'aya' : 'ben'];
    await page.goto(url('/tickets'));
    await page.getByRole('button', { name: 'New ticket' }).click();
    await page.getByLabel('Title').fill(one.title);
    await page.getByLabel('Requester').fill(`Person ${one.at}`);
    await page.getByLabel('Channel').selectOption(one.way);
    await page.getByRole('button', { name: 'Open ticket' }).click();
    await page.getByRole('heading', { level: 1, name: one.title }).waitFor();
  }
  const { id } = await collector.state
    .selectFrom('tickets')
    .select('id')
    .where('title', '=', one.title)
    .executeTakeFirstOrThrow();
  one.id = id;
}

async function readsArticle(n: number): Promise<void> {
  const page = pages.reporter;
  await page.goto(url(machines[n]?.label as string));
  await page.getByLabel('What is wrong, in a few words').fill('badge reader dark');
  await page.getByRole('link', { name: 'Badge reader is dark' }).click();
  await page.getByRole('button', { name: 'Yes, solved' }).click();
  await page.getByText('Good to hear.').waitFor();
}

async function rates({ own, rating }: Reported): Promise<void> {
  const page = pages.reporter;
  await page.goto(own as string);
  await page.locator(`input[name=rating][value="${rating}"]`).check();
  await page.getByRole('button', { name: /rating|Rate/i }).click();
  await page.waitForURL(/done=rated/);
}

const ticketOf = (n: number) =>
  collector.state
    .selectFrom('tickets')
    .select('id')
    .where('endpoint', '=', machines[n]?.id as string)
    .where('kind', '=', 'alert')
    .executeTakeFirst();

interface Event {
  at: number;
  what: string;
  run(): Promise<unknown>;
}
const deedsOf = (title: string, deeds: readonly Deed[], id: () => Promise<number | undefined>): Event[] =>
  deeds.map(([at, by, run]) => ({
    ...{ at, what: `${title}: ${by}` },
    async run() {
      const page = pages[by];
      await page.goto(url(`/tickets/${await id()}`));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await run(page);
    },
  }));

const events: Event[] = [
  ...reported.flatMap((one): Event[] => [
    { at: one.at, what: one.title, run: () => enters(one) },
    ...deedsOf(one.title, one.deeds, async () => one.id),
    ...(one.rating === undefined ? [] : [{ at: one.at + 30, what: `${one.title}: rated`, run: () => rates(one) }]),
  ]),
  ...nTimes(endedByArticle, (n) => ({ at: 20 + 45 * n, what: `article ${n}`, run: () => readsArticle(n) })),
  ...alerts.flatMap(({ at, deeds, heals }, n): Event[] => [
    {
      ...{ at, what: `disk of pc-${n}` },
      async run() {
        await machines[n]?.report(98);
        await until(async () => (await ticketOf(n)) !== undefined, 20_000, `a ticket for pc-${n}`);
      },
    },
    ...deedsOf(`disk of pc-${n}`, deeds, async () => (await ticketOf(n))?.id),
    ...(heals === null ? [] : [{ at: heals, what: `pc-${n} heals`, run: async () => machines[n]?.report(20) }]),
  ]),
].sort((a, b) => a.at - b.at);

test.before(async () => {
  if (missing) return;
  collector = await openCollector({
    ...{ clock, web: await buildWeb() },
    settings: `zone: ${zone}
self_service: { enabled: true }
tickets: { openAfter: 0s }
rules:
  - { id: disk-space, for_s: 0, clear_for_s: 0 }
  - { id: disk-space-critical, for_s: 0, clear_for_s: 0 }
`,
  });
  chrome = await chromium.launch(browserFlags);
  const page = await chrome.newPage();
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  await page.close();
  for (let n = 0; n < 10; n++) await enrols(n);
  for (const name of Object.keys(staff) as Name[]) await logsIn(name, 1280);
  await logsIn('reporter', 390);
  const text = { language: 'en', title: 'Badge reader is dark', body: 'Hold the badge for **ten** seconds.' };
  await posts('articles', {
    ...{ texts: [text], keywords: '', reviewer: null, validUntil: null, state: 'published', isPublic: true },
  });
});
test.after(async () => {
  await chrome?.close();
  await collector?.close();
});

step('the day is lived, minute by minute', async () => {
  for (const { at, what, run } of events) {
    passed = at * minute;
    await Promise.all(Object.values(pages).map((page) => page.clock.setFixedTime(clock.now())));
    try {
      await run();
    } catch (thrown) {
      throw new Error(`${what}, at minute ${at}: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }
  passed = 400 * minute;
});

const kpi = (id: string) => reads<KpiDetail>(`kpis/${id}?period=2026-10`);
const besideOf = ({ kpi: { beside } }: KpiDetail, code: string) => beside.find((one) => one.code === code)?.value;
/** Both are sums and quotients, in another order. */
const near = (value: number | null | undefined) => value?.toFixed(6);
const ends = reported.flatMap(({ end }) => end ?? []);

step('first contact, the time of each tier, self-service and satisfaction are those of the script', async () => {
  const contact = await kpi('first_contact');
  const firsts = ends.filter(({ isFirst }) => isFirst).length;
  assert.equal([contact.kpi.n, contact.kpi.value], [ends.length, (100 * firsts) / ends.length]);
  const resolve = await kpi('time_to_resolve');
  const all = [...ends, ...alerts.flatMap(({ end }) => end ?? [])];
  assert.is(resolve.kpi.n, all.length);
  for (const tier of [1, 2, 3]) {
    const took = all.filter((one) => one.tier === tier).map((one) => one.took * 60);
    const mean = took.reduce((sum, one) => sum + one, 0) / took.length;
    assert.equal([tier, besideOf(resolve, `tier_${tier}_n`)], [tier, took.length]);
    assert.is(near(besideOf(resolve, `tier_${tier}`)), near(mean), `tier ${tier}`);
  }
  assert.is(besideOf(resolve, 'no_hand_off'), all.filter(({ tier }) => tier === 1).length);
  assert.is(besideOf(resolve, 'self_healed'), alerts.filter(({ end }) => end === null).length);
  const csat = await kpi('csat');
  assert.is(csat.kpi.n, ratings.length);
  assert.is(near(csat.kpi.value), near((100 * ratings.filter((one) => one >= 4).length) / ratings.length));
  const { ended } = await reads<ArticleList>('articles');
  assert.equal([ended.solved, ended.asked], [endedByArticle, endedByArticle + reported.length]);
});

step('who helped in the swarm is credited, and what was tried stays to be read', async () => {
  const swarmed = await reads<TicketDetail>(`tickets/${(await ticketOf(8))?.id}`);
  assert.equal(swarmed.participants.map(({ person }) => person).sort(), ['chie', 'dan']);
  assert.is(swarmed.row.assignee === 'chie', false, 'helpers do not own it');
  const given = await reads<TicketDetail>(`tickets/${(await ticketOf(9))?.id}`);
  assert.ok(given.events.some(({ text }) => text === 'Emptied the bin'));
});

step('the manager reads the same on a page', async () => {
  const page = pages.eve;
  await page.goto(url('/stability?period=2026-10'));
  const firsts = Math.round((100 * ends.filter(({ isFirst }) => isFirst).length) / ends.length);
  await page
    .getByText(new RegExp(`${firsts}(\\.0)? ?%`))
    .first()
    .waitFor();
});

test.run();
