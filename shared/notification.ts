/**
 * What happened. To a group of alerts: it fires (first message), there is more or worse (`update`), it still fires
 * (`repeat`), it has ended, it comes and goes (`flapping`) and has stopped doing so (`stable`); the next persons of an
 * escalation policy are called (`escalation`), and none of them reacted (`exhausted`); several groups in one (`digest`).
 * A person has all of it (`acknowledged`): for channels that keep a state of their own.
 * To a ticket: its alert has been good for a day (`reminder`), a clock has reached a mark (`sla`), a hold its date
 * (`hold`), helpers are called (`swarm`), its requester is told that their mail became one (`received`), of a public
 * comment, or asked how satisfied they are.
 * Who watches a ticket, or is named in a comment, is told what others did with it (`news`).
 * To an article: its reviewer is asked to look at it again (`review`).
 */
export const notificationEvents = [
  ...([
    'firing',
    'update',
    'repeat',
    'resolved',
    'flapping',
    'stable',
    'escalation',
    'exhausted',
    'digest',
    'hand_over',
  ] as const),
  'acknowledged',
  ...(['reminder', 'sla', 'hold', 'swarm', 'received', 'comment', 'news', 'rating', 'review', 'test'] as const),
] as const;
export type NotificationEvent = (typeof notificationEvents)[number];

/** Mails to whoever asked for a ticket. */
export const toRequester: ReadonlySet<NotificationEvent> = new Set(['received', 'comment', 'rating'] as const);
