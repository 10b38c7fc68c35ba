/** Words that are chosen from, for the pages as well: the shapes of api.ts are 12 kB that a browser need not load. */

export const ticketQueues = ['mine', 'unassigned', 'breaching', 'open'] as const;
/** Tickets in one request: each is changed by itself, so more would hold up everybody else. */
export const ticketsAtOnce = 100;

/** By days: of the oldest pending security update. unsupported: none is pending, and none is published any more. */
export const patchAges = ['over90', 'to90', 'to30', 'to14', 'to7', 'none', 'unsupported', 'unknown'] as const;

/** Views of the page of alerts: those that nobody has, those of the reader, all that fire, pending ones, and those of which nobody is notified. */
export const alertViews = ['needs', 'mine', 'all', 'pending', 'hidden'] as const;

/**
 * What became of alerts that fired, each in one of these: resolved and acknowledged at any time, or firing and acknowledged now;
 * else they resolved while somebody worked on their ticket, or without anybody, or they still fire and nobody has them.
 */
export const alertOutcomes = ['acknowledged', 'ticket', 'alone', 'open'] as const;

/** How a version of software is to be beside the one that is asked for: the same, older, not newer, or with it in its text. */
const bothWays = <Key extends string>(keys: readonly Key[]) => [...keys, ...keys.map((key) => `-${key}` as const)];
/** What the list of software and the audit log can be put in order by; `-`: from the last to the first. */
export const softwareSorts = bothWays(['name', 'publisher', 'endpoints', 'versions', 'class']);
export const auditSorts = bothWays(['at', 'who', 'action', 'what']);
export const versionOps = ['eq', 'lt', 'le', 'contains'] as const;
export type VersionOp = (typeof versionOps)[number];

/** Lists of articles. review: their end is near, or past. */
export const articleLists = ['published', 'review', 'draft', 'archived'] as const;
export type ArticleListName = (typeof articleLists)[number];
/** Characters of one text of an article. */
export const articleLength = 40_000;
/** Where somebody says whether an article helped. request: before a ticket was made, so that there was none. */
export const outcomePlaces = ['request', 'ticket', 'alert', 'page'] as const;
export type OutcomePlace = (typeof outcomePlaces)[number];
