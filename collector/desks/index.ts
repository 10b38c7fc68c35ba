/** The kinds of desks. One more: a file in `kinds/` and a line here. */
import type { DeskType } from './desk.ts';
import { github } from './kinds/github.ts';

export const deskTypes: readonly DeskType[] = [github];
