/**
 * People who report without an account: by the label of a machine, or by its agent. What a stranger may do is bounded before it is
 * done, and whatever they see is in plain words: no names of people, no other machine, nothing from inside.
 */
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { ArticleText } from '../../shared/knowledge.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { KnowledgeBase } from '../knowledge/knowledge.ts';
import type { State } from '../state/database.ts';
import { continuedAs } from '../tickets/merge.ts';
import type { NewTicket, Tickets } from '../tickets/tickets.ts';
import { answerAtMost, type FormFault, type FormFields, prose, readReport, titleOf } from './form.ts';
import { type KnownNow, knownOf } from './known.ts';
import { createStrangerLimits } from './limits.ts';
import { addRequestLink, createReportLinks, type LabelCount, type MadeLabel } from './links.ts';
import { type RequestState, type RequestView, readRequest, requireFile, titlesOf } from './requests.ts';
import type { SelfServiceRules } from './rules.ts';

/** Under whose name it stands in the history of a ticket. No user can have it: `actor` in shared/words. */
const reporter = 'self-service';

export interface FoundArticle {
  id: string;
  title: string;
  lines: string;
  language: string;
}

export interface ReportView {
  machine: string;
  known: KnownNow;
  contact: string | null;
  /** Whether what is said reaches an address. */
  mayMail: boolean;
}

/** Whoever comes by a link; the network address counts against a flood. */
export interface Stranger {
  from: string;
  /** The secret that the browser keeps; null: none. */
  browser: string | null;
}

export interface SentReport {
  ticket: number;
  /** Of the link to it. */
  secret: string;
  /** For the browser to keep; null: nothing. */
  browser: string | null;
}

/** Whatever takes a secret throws EvenkeelError REPORT_LINK_UNKNOWN, also where it is all off; what writes, REPORTS_MANY. */
export interface SelfService extends Pick<SelfServiceRules, 'isOn' | 'contact' | 'agentsMayReport'> {
  /** @throws EvenkeelError NOT_FOUND; CONFLICT where it is off, or the machine has too many */
  makeLabel(endpoint: string, by: string): Promise<MadeLabel>;
  countLabels(endpoint: string): Promise<LabelCount>;
  /** Those printed before, ms UTC; left out: all that were printed. */
  endLabels(endpoint: string, before?: number): Promise<number>;
  view(label: string): Promise<ReportView>;
  search(label: string, text: string, language: string): Promise<FoundArticle[]>;
  article(label: string, id: string): Promise<ArticleText[]>;
  /** @param visit of the page that was opened: what it says last counts, once */
  helped(label: string, id: string, said: { solved: boolean; visit: string }, from: string): Promise<void>;
  send(label: string, fields: FormFields, stranger: Stranger): Promise<SentReport | { fault: FormFault }>;
  follow(secret: string): Promise<RequestView>;
  /** @returns the ticket of a file that its requester may have */
  file(secret: string, id: number): Promise<number>;
  answer(secret: string, text: string | undefined, from: string): Promise<FormFault | null>;
  reopen(secret: string, text: string | undefined, from: string): Promise<FormFault | null>;
  rate(secret: string, rating: number, text: string | undefined, from: string): Promise<FormFault | null>;
  /** What this browser has reported, newest first. */
  own(browser: string | null): Promise<{ secret: string; title: string; state: RequestState }[]>;
  /** For an agent, about its own machine. */
  reportBy(
    endpoint: { id: string; name: string },
    report: { text: string; snapshot: string | null },
  ): Promise<{ ticket: number; secret: string }>;
  machineLink(endpoint: string): Promise<string>;
}

export interface SelfServiceParts {
  state: State;
  clock: Clock;
  fleet: Pick<Fleet, 'get'>;
  tickets: Pick<Tickets, 'canMail' | 'create' | 'comment' | 'reopen' | 'renew' | 'rate'>;
  knowledge: Pick<KnowledgeBase, 'searchPublic' | 'publicArticle' | 'note' | 'withdraw'>;
  rules: SelfServiceRules;
}

const visitForm = /^[\w-]{20,43}$/;
/** Outcomes of articles are counted once per visit; whose it was is not kept. */
const visitorOf = (visit: string): string => `${reporter} ${hashSecret(visit).slice(0, 16)}`;

export const makeVisit = makeSecret;

export function createSelfService({ state, clock, fleet, tickets, knowledge, rules }: SelfServiceParts): SelfService {
  const links = createReportLinks({ state, clock, fleet });
  const limits = createStrangerLimits(clock.monotonic);

  const requireOn = (): void => {
    if (!rules.isOn) throw fail('REPORT_LINK_UNKNOWN');
  };
  async function endpointOf(label: string) {
    requireOn();
    return links.endpointOf(label);
  }
  async function ticketOf(secret: string): Promise<number> {
    requireOn();
    return links.ticketOf(secret);
  }

  /** What is said to a ticket that is there: bounded, and of the length that a page shows. */
  async function words(
    secret: string,
    text: string | undefined,
    from: string,
  ): Promise<{ ticket: number; text: string }> {
    const ticket = await ticketOf(secret);
    limits.say(from);
    return { ticket, text: prose(text).slice(0, answerAtMost) };
  }

  /** Where it is worked on as part of another, whoever asked for that one must not read it. */
  async function say(ticket: number, text: string): Promise<void> {
    const other = await continuedAs(state, ticket);
    const facts = { fromRequester: true, ofTicket: ticket };
    if (other === null) await tickets.comment(ticket, reporter, { text, isPublic: true, isFromRequester: true });
    else await tickets.comment(other.ticket, reporter, { text, isPublic: false, isFromRequester: false, facts });
  }

  return {
    ...rules,
    async makeLabel(endpoint, by) {
      if (!rules.isOn)
        throw fail('CONFLICT', {
          problem: 'nobody can report by a label while `self_service: { enabled: true }` is missing in evenkeel.yaml',
        });
      return links.makeLabel(endpoint, by);
    },
    countLabels: links.countLabels,
    endLabels: (endpoint, before = clock.now() + 1) => links.endLabels(endpoint, before),
    async view(label) {
      const endpoint = await endpointOf(label);
      return {
        ...{ machine: endpoint.name, contact: rules.contact },
        mayMail: await tickets.canMail('requester@example.org'),
        known: await knownOf(state, endpoint, clock.now()),
      };
    },
    async search(label, text, language) {
      await endpointOf(label);
      if (text.trim() === '') return [];
      const hits = await knowledge.searchPublic(text, language);
      return hits.map(({ ref, title, lines, language: of }) => ({ id: ref, title, lines, language: of }));
    },
    async article(label, id) {
      await endpointOf(label);
      return knowledge.publicArticle(id);
    },
    async helped(label, id, { solved, visit }, from) {
      await endpointOf(label);
      await knowledge.publicArticle(id);
      limits.say(from);
      if (!visitForm.test(visit)) return;
      await knowledge.note(id, { solved, place: 'request', ticket: null }, visitorOf(visit));
    },
    async send(label, fields, { from, browser }) {
      const endpoint = await endpointOf(label);
      const report = readReport(fields, reporter);
      if ('fault' in report) return report;
      limits.report(from, endpoint.id);
      const kept = report.isKept ? (browser ?? makeSecret()) : null;
      let secret = '';
      const made: NewTicket = {
        ...{ title: titleOf(report.problem), text: report.problem, endpoint: endpoint.id },
        ...{ impact: 3, urgency: report.urgency, channel: 'portal', category: 'incident' },
        ...{ by: reporter, requester: report.requester },
        withReceipt: report.mail !== null && limits.mail(report.mail),
      };
      const ticket = await tickets.create(made, async (db, id) => {
        secret = await addRequestLink(db, id, clock.now(), kept);
      });
      if (visitForm.test(fields.visit ?? '')) await knowledge.withdraw(visitorOf(fields.visit ?? ''));
      return { ticket, secret, browser: kept };
    },
    follow: async (secret) => readRequest(state, await ticketOf(secret)),
    async file(secret, id) {
      const ticket = await ticketOf(secret);
      await requireFile(state, ticket, id);
      return ticket;
    },
    async answer(secret, given, from) {
      const { ticket, text } = await words(secret, given, from);
      if (text === '') return 'noAnswer';
      await say(ticket, text);
      return null;
    },
    async reopen(secret, given, from) {
      const { ticket, text } = await words(secret, given, from);
      if (text === '') return 'noAnswer';
      await tickets.reopen((await continuedAs(state, ticket))?.ticket ?? ticket, reporter, null);
      await say(ticket, text);
      return null;
    },
    async rate(secret, rating, given, from) {
      const { ticket, text } = await words(secret, given, from);
      if (!Number.isInteger(rating) || rating < 1 || rating > 5) return 'noRating';
      await tickets.rate(await tickets.renew(ticket), { rating, comment: text.slice(0, 2000) || null });
      return null;
    },
    async own(browser) {
      if (!rules.isOn || browser === null) return [];
      const found = await links.requestsOf(browser);
      const titles = await titlesOf(
        state,
        found.map(({ ticket }) => ticket),
      );
      return found.flatMap(({ ticket, secret }) => {
        const of = titles.get(ticket);
        return of ? [{ secret, ...of }] : [];
      });
    },
    async reportBy({ id, name }, { text, snapshot }) {
      limits.report(`machine ${id}`, id);
      const problem = prose(text);
      let secret = '';
      const report: NewTicket = {
        ...{ title: titleOf(problem), text: snapshot === null ? problem : `${problem}\n\n${prose(snapshot)}` },
        ...{ endpoint: id, impact: 3, urgency: 2 },
        ...{ channel: 'portal', category: 'incident', by: reporter, requester: `${name} (${reporter})` },
      };
      const ticket = await tickets.create(report, async (db, made) => {
        secret = await addRequestLink(db, made, clock.now());
      });
      return { ticket, secret };
    },
    machineLink(endpoint) {
      limits.say(`machine ${endpoint}`);
      return links.machineLink(endpoint, reporter);
    },
  };
}
