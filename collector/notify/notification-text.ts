/** The text of a notification. Pure. Text from outside is cut to one line of bounded length. */
import { disturbing, escapedLines } from '../../shared/safe-text.ts';
import { findingLines, findingText, votesText } from '../../shared/words/finding.ts';
import { duration } from '../../shared/words/format.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import {
  changeTitle,
  formatMeasured,
  isInstant,
  isOutside,
  ruleName,
  subjectName,
  ticketTitle,
} from '../../shared/words/names.ts';
import { ruleTexts } from '../../shared/words/rule-texts.ts';
import { collectorId } from '../alerts/own-rules.ts';
import type { MemberAlert, Notification } from './channel.ts';

/** A name must not be able to add a header or a second line, nor reverse the direction of the text beside it. */
export function oneLine(text: string, limit = 200): string {
  const clean = text.replace(disturbing, ' ').trim();
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

/** `96.2%`, `1.5 GiB`, `Failed`. */
export const valueText = (
  notification: Pick<Notification, 'metric' | 'threshold' | 'unit'>,
  value: number | null,
  language: Language,
  zone = 'UTC',
): string =>
  isInstant(notification.metric) && value !== null
    ? formatTime(value, zone)
    : formatMeasured(language, { ...notification, value }).value;

/** The instance of the alert, from its tags: the path, the job, the disk … */
export function instanceOf(notification: Pick<Notification, 'tags'>): string {
  const { alertname, instance, path, job, name, unit, check, sensor, manager, label, schedule, channel } =
    notification.tags;
  if (alertname) return oneLine([alertname, instance].filter(Boolean).join(' '));
  return oneLine(
    [path ?? job ?? name ?? unit ?? check ?? sensor ?? manager ?? schedule ?? channel, label].filter(Boolean).join(' '),
  );
}

/** Where it is; what other monitoring sent about nothing that we know is not about the collector, which only brings it. */
const placeName = ({ endpoint, rule }: Pick<Notification, 'endpoint' | 'rule'>): string =>
  isOutside(rule) && endpoint.id === collectorId ? '' : endpoint.name;

/** How bad it is comes first, then whether it is new. */
const stillFires: ReadonlySet<Notification['event']> = new Set([
  ...(['firing', 'update', 'repeat', 'escalation', 'exhausted', 'hand_over'] as const),
]);

/** One line: `Critical: web-1 – Disk nearly full (/var): 96.2%`. */
export function headline(notification: Notification, language: Language): string {
  const { event, severity, members, value, why, stillSilent, about: ticket } = notification;
  // Without its title: whose address stands in a mail may have sent none.
  if (ticket && event === 'received') return newsText(notification, language);
  if (ticket)
    return oneLine(`${newsText(notification, language)}: #${ticket.id} ${ticketTitle(language, ticket)}`, 300);
  if (notification.article)
    return oneLine(`${newsText(notification, language)}: ${articleTitle(notification, language)}`, 300);
  const level = word(language, `severity.${severity}`);
  const isNew = event === 'firing' && why !== 'reopened';
  const news = isNew
    ? ''
    : (countText(notification, language) ?? word(language, `notification.${event === 'firing' ? 'reopened' : event}`));
  const kind = stillFires.has(event) ? [level, news].filter(Boolean).join(' · ') : news;
  const seen = findingText(language, notification.metric, notification.finding);
  const about = oneLine(subjectName(language, notification.rule, instanceOf(notification)));
  const detail = members
    ? `: ${membersText(members, language)}`
    : notification.said?.summary
      ? `: ${oneLine(notification.said.summary)}`
      : stillFires.has(event) && (seen !== null || value !== null)
        ? `: ${oneLine(seen ?? valueText(notification, value, language))}`
        : '';
  const further = stillFires.has(event)
    ? behindText(notification, language)
    : stillSilent
      ? word(language, 'notification.stillSilentCount', { n: stillSilent.endpoints })
      : '';
  const name = placeName(notification);
  const place = name === '' ? '' : `${oneLine(name)} – `;
  return oneLine(`${kind}: ${place}${about}${detail}${further}`, 300);
}

/** `Reminder 3, firing for 9 h`; null: it is not counted. */
function countText({ event, number, startedAt, sentAt }: Notification, language: Language): string | null {
  if (number === undefined) return null;
  if (event === 'escalation') return number > 1 ? word(language, 'notification.round', { n: number }) : null;
  if (event !== 'repeat' || sentAt === undefined) return null;
  // In hours, not in hours and seconds.
  const minutes = Math.max(1, Math.round((sentAt - startedAt) / 60_000));
  return word(language, 'notification.reminderOf', { n: number, time: duration(minutes * 60, language) });
}

/** `2026-11-28 11:03:00 UTC – Updates: apt, packages: 2 (nginx, openssl) – web-1` */
export function changedText({ changed, endpoint }: Notification, language: Language, zone: string): string | null {
  if (!changed) return null;
  const { at, what, change } = changed;
  const named = change.packages.slice(0, 3).map((name) => oneLine(name, 60));
  const packages = named.length > 0 ? ` (${named.join(', ')}${change.packages.length > named.length ? ' …' : ''})` : '';
  // The number names a change that a person planned.
  const title = `${change.kind === 'planned' ? `C-${change.id} ` : ''}${oneLine(changeTitle(language, change))}`;
  const shown = what === 'restart' ? word(language, 'change.what.restart') : `${title}${packages}`;
  const place = changed.endpoint === endpoint.name ? '' : ` – ${oneLine(changed.endpoint, 60)}`;
  return `${formatTime(at, zone)} – ${shown}${place}`;
}

/** `, and 12 endpoints behind it` */
function behindText({ behind }: Notification, language: Language): string {
  if (!behind) return '';
  const [name = ''] = behind.names;
  if (behind.endpoints === 1) return word(language, 'notification.behindOne', { name: oneLine(name, 60) });
  return word(language, 'notification.behind', { counted: countedText(behind, language) });
}

/** `80 % of the time to answer is used`. */
function newsText({ event, why }: Notification, language: Language): string {
  const mark = event === 'sla' ? findWord(language, `notification.mark.${why}`) : undefined;
  return mark ?? findWord(language, `notification.${event}`) ?? event;
}

/** To whoever asked for the ticket, who knows no rule and no endpoint. */
function ratingText({ about, url }: Notification, language: Language): string {
  const title = about ? `#${about.id} ${oneLine(ticketTitle(language, about))}` : '';
  const lines = [word(language, 'notification.ratingWhat', { title }), '', word(language, 'rate.question'), url, ''];
  return `${[...lines, word(language, 'notification.ratingHow')].join('\n')}\n`;
}

/** To the same reader: nothing but what was written for them, and no link to a page that they may not open. */
function commentText({ comment = '', ...notification }: Notification, language: Language): string {
  const written = escapedLines(comment);
  return `${[headline(notification, language), '', written, '', ...howToAnswer(notification, language)].join('\n')}\n`;
}

/** By the mail itself, by the page of who has no account, or else by telephone. */
function howToAnswer({ thread, follow }: Notification, language: Language): string[] {
  const byPage = follow === undefined ? [] : [word(language, 'notification.followHow'), follow];
  if (thread) return [word(language, 'notification.answerHow'), ...byPage];
  return byPage.length > 0 ? byPage : [word(language, 'notification.commentHow')];
}

/** To whoever has just asked. Nothing that they wrote comes back: the sender of a mail is easily forged, and an address easily typed. */
function receivedText(notification: Notification, language: Language): string {
  const { ticket, follow } = notification;
  const lines = [word(language, 'notification.receivedWhat', { n: ticket ?? 0 }), ''];
  const why = follow === undefined ? [] : ['', word(language, 'notification.receivedWhy')];
  return `${[...lines, ...howToAnswer(notification, language), ...why].join('\n')}\n`;
}

/** In the language of the message, else as it was written first. */
const articleTitle = ({ article }: Notification, language: Language): string =>
  oneLine((article?.titles.find((one) => one.language === language) ?? article?.titles[0])?.title || article?.id || '');

/** To whoever watches a ticket, or is named in a comment. */
function newsLines({ why, changes = 1, comment }: Notification, language: Language): string[] {
  const how = why === 'mention' ? word(language, 'notification.newsMention') : [];
  const counted = word(language, 'notification.newsChanges', { n: changes });
  return [how, counted, comment === undefined ? [] : ['', escapedLines(comment.slice(0, 2000)), '']].flat();
}

/** To whoever looks at an article again, or watches a ticket: no facts of an alert. */
function reviewText(notification: Notification, language: Language, zone: string): string {
  const links = linksOf(notification, language).map(({ label, url }) => `${label}: ${url}`);
  const lines = [headline(notification, language), '', ...explained(notification, language, zone), ...links];
  return `${lines.join('\n')}\n`;
}

function reviewLines({ article, sentAt, startedAt }: Notification, language: Language, zone: string): string[] {
  const isPast = article !== undefined && article.validUntil <= (sentAt ?? startedAt);
  const how = word(language, isPast ? 'notification.reviewPast' : 'notification.reviewHow');
  return article ? [`${word(language, 'knowledge.validUntil')}: ${formatTime(article.validUntil, zone)}`, how] : [how];
}

interface NamedEndpoints {
  endpoints: number;
  targets?: number;
  services?: number;
  names: readonly string[];
}

const namesOf = ({ endpoints, names }: NamedEndpoints): string =>
  `${names.map((name) => oneLine(name, 60)).join(', ')}${endpoints > names.length ? ' …' : ''}`;

function membersText(members: NamedEndpoints, language: Language): string {
  const named = members.names.length > 0 ? ` (${namesOf(members)})` : '';
  return `${countedText(members, language)}${named}`;
}

/** `2 endpoints, 1 target` */
function countedText({ endpoints, targets = 0, services = 0 }: NamedEndpoints, language: Language): string {
  const counts = { endpoints: endpoints - targets - services, targets, services };
  const counted = (['endpoints', 'targets', 'services'] as const)
    .filter((one) => counts[one] > 0)
    .map((one) => word(language, `notification.${one}${counts[one] === 1 ? 'One' : ''}`, { n: counts[one] }));
  return counted.join(', ');
}

/** The body as plain text, one fact per line, times in UTC and in the zone of the channel. */
export function bodyText(notification: Notification, language: Language, zone = 'UTC'): string {
  const { endpoint, tags, value, why, event, assignee, dueAt, finding, metric } = notification;
  if (event === 'rating') return ratingText(notification, language);
  if (event === 'comment') return commentText(notification, language);
  if (event === 'received') return receivedText(notification, language);
  if (event === 'review' || event === 'news') return reviewText(notification, language, zone);
  const line = (name: NotificationFact, text: string) => `${word(language, `notification.${name}`)}: ${text}`;
  const kind =
    finding === undefined
      ? findWord(language, `kind.${endpoint.kind}`)
      : finding.of === 'target' && word(language, `target.kind.${finding.kind}`);
  const { limit } = formatMeasured(language, notification);
  const above = limit === null ? '' : ` (${word(language, 'notification.limit')} ${limit})`;
  const shown = Object.entries(tags).map(([name, tag]) => `${oneLine(name)}=${oneLine(tag)}`);
  const about = oneLine(
    isOutside(notification.rule)
      ? subjectName(language, notification.rule, instanceOf(notification))
      : ruleName(language, notification.rule),
  );
  const changed = changedText(notification, language, zone);
  const lines: (string | null)[] = [
    headline(notification, language),
    '',
    // Of several at a site the site is said below.
    placeName(notification) === '' || (endpoint.kind === 'site' && endpoint.name === endpoint.site)
      ? null
      : line(finding?.of ?? 'endpoint', `${oneLine(endpoint.name)}${kind ? ` (${kind})` : ''}`),
    endpoint.site === null ? null : line('site', oneLine(endpoint.site)),
    line('what', `${about}${shown.length > 0 ? ` [${shown.join(', ')}]` : ''}`),
    ...explained(notification, language, zone),
    notification.endedAt === null ? (findWord(language, `own.todo.${notification.rule.id}`) ?? null) : null,
    ...seenLines(notification, language),
    value === null || findingText(language, metric, finding) !== null
      ? null
      : (ownLine(notification, language, zone) ?? line('value', valueText(notification, value, language) + above)),
    line('since', formatTime(notification.startedAt, zone)),
    dueAt ? line('due', formatTime(dueAt, zone)) : null,
    notification.about ? line('assignee', oneLine(assignee ?? word(language, 'ticket.nobody'))) : null,
    notification.calledBy === undefined ? null : line('calledBy', oneLine(callerText(notification.calledBy, language))),
    notification.endedAt === null ? null : line('until', formatTime(notification.endedAt, zone)),
    why === null || event === 'sla'
      ? null
      : (findWord(language, `notification.why.${why}`) ??
        findWord(language, `cause.${why}`) ??
        findWord(language, `ticket.hold.${why}`) ??
        findWord(language, `ticket.swarms.${why}`) ??
        oneLine(why)),
    notification.ticket === null ? null : line('ticket', `#${notification.ticket}`),
    changed === null ? null : line('changed', changed),
    notification.behind ? line('behindIt', namesOf(notification.behind)) : null,
    notification.stillSilent ? line('stillSilent', namesOf(notification.stillSilent)) : null,
    notification.owner ? line('owner', oneLine(notification.owner)) : null,
    notification.runbook ? line('runbook', oneLine(notification.runbook, 500)) : null,
    // Last, because a channel with little space cuts from the end.
    ...memberLines(notification, language),
    ...linksOf(notification, language).map(({ label, url }) => `${label}: ${url}`),
  ];
  return `${lines.filter((line) => line !== null).join('\n')}\n`;
}

/** Of the collector about itself: when nobody is on call, what ends, or was last well. */
function ownLine({ metric, value, rule, threshold, unit }: Notification, language: Language, zone: string) {
  const name = isInstant(metric) ? findWord(language, `own.at.${rule.id}`) : undefined;
  return name && `${name}: ${valueText({ metric, threshold, unit }, value, language, zone)}`;
}

/** Of a target or a service: what was seen, where, by how many, and what does not work because of it. */
function seenLines({ finding, metric, endedAt }: Notification, language: Language): string[] {
  if (!finding) return [];
  return findingLines(language, metric, finding, endedAt !== null).map(
    ({ name, text }) => `${word(language, `finding.head.${name}`)}: ${oneLine(text, 500)}`,
  );
}

/** What its rule says of it, or what other monitoring said. */
export function explained(notification: Notification, language: Language, zone: string): string[] {
  if (notification.event === 'review') return reviewLines(notification, language, zone);
  if (notification.event === 'news') return newsLines(notification, language);
  const { texts, said, startedAt: since } = notification;
  const facts = { ...notification, instance: instanceOf(notification), since, now: notification.sentAt ?? since, zone };
  const { summary, description } = said ?? ruleTexts(texts ?? {}, facts, language);
  const lines = [summary && oneLine(summary, 500), description && escapedLines(description.slice(0, 2000))];
  return lines.flatMap((text) => text || []);
}

/** Where it can be looked at, and what can be done with one tap: the first leads to its page. */
export function linksOf({ url, links = {} }: Notification, language: Language): { label: string; url: string }[] {
  const { acknowledge, silence } = links;
  return [
    { label: word(language, 'notification.more'), url },
    ...(acknowledge ? [{ label: word(language, 'notification.acknowledge'), url: acknowledge }] : []),
    ...(silence ? [{ label: word(language, 'notification.silence'), url: silence }] : []),
  ];
}

/** One line for each alert that fires, worst first, then how many more, and what has ended since the last message. */
function memberLines({ members }: Notification, language: Language): string[] {
  if (!members) return [];
  const { count, list, resolved, resolvedCount } = members;
  const more = (n: number) => word(language, 'notification.moreMembers', { n });
  const lines = list.map((member) => `· ${memberText(member, language)}`);
  if (list.length > 0 && count > list.length) lines.push(more(count - list.length));
  if (resolvedCount === 0 || list.length === 0) return lines;
  const names = [...new Set(resolved.map(({ endpoint }) => oneLine(endpoint.name, 60)))].join(', ');
  const others = resolvedCount > resolved.length ? ` ${more(resolvedCount - resolved.length)}` : '';
  return [`${word(language, 'notification.endedSince')}: ${names}${others}`, ...lines];
}

/** `Critical: web-1 – Disk nearly full (/var): 96.2% (limit 95%)`. */
export function memberText(member: MemberAlert, language: Language): string {
  const { severity, rule, value } = member;
  const seen = member.said ? oneLine(member.said.summary) || null : memberSeen(member, language);
  const place = placeName(member);
  const measured = formatMeasured(language, member);
  const limit = measured.limit === null ? '' : ` (${word(language, 'notification.limit')} ${measured.limit})`;
  const about = oneLine(subjectName(language, rule, oneLine(instanceOf(member), 60)), 140);
  return oneLine(
    `${word(language, `severity.${severity}`)}: ${place === '' ? '' : `${oneLine(place, 60)} – `}${about}${seen !== null ? `: ${seen}` : value === null ? '' : `: ${valueText(member, value, language)}${limit}`}`,
    300,
  );
}

/** `Connection refused (http://shop.example.org/, 2 of 3 watchers say so)` */
function memberSeen({ finding, metric }: MemberAlert, language: Language): string | null {
  const seen = findingText(language, metric, finding);
  if (seen === null || finding?.of !== 'target') return seen;
  const further = metric === 'target.down' ? [finding.address, votesText(language, finding)] : [finding.address];
  return `${oneLine(seen, 120)} (${oneLine(further.join(', '), 120)})`;
}

type NotificationFact =
  | 'changed'
  | 'owner'
  | 'behindIt'
  | 'stillSilent'
  | 'runbook'
  | 'endpoint'
  | 'target'
  | 'service'
  | 'due'
  | 'assignee'
  | 'calledBy'
  | 'site'
  | 'what'
  | 'value'
  | 'since'
  | 'until'
  | 'ticket';

/** ISO form with the zone's name, the same in every language: `2026-11-22 11:06:00 Europe/Berlin`. */
export function formatTime(at: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.round(at)).toZonedDateTimeISO(zone);
  return `${local.toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')} ${zone}`;
}

const callerText = (by: string, language: Language) =>
  by === 'monitor' ? word(language, 'ticket.channels.monitor') : by;
