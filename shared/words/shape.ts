/** The shape of a language's words: what English has, every other language has. */
import type { words as english } from './en/first.ts';
import type { more } from './en/more.ts';
import type { reasons } from './en/reasons.ts';

/** The same tree, with any words at its ends. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> };
/** The collector's errors come in English; other languages show these texts, with the original beside them. */
type Errors = Partial<Record<string, { message: string; hint: string }>>;
export type Words = Same<typeof english> & { problem: Errors };
export type MoreWords = Same<typeof more>;
export type ReasonWords = Same<typeof reasons>;
/** What schemas say in English, in another language; what is not there stays English. */
export type Phrases = Readonly<Record<string, string>>;
