/** The kinds of desks. One more: a file in `kinds/` and a line here. */
import type { DeskType } from './desk.ts';
import { email } from './kinds/email.ts';
import { github } from './kinds/github.ts';
import { gitlab } from './kinds/gitlab.ts';
import { glpi } from './kinds/glpi.ts';
import { jira } from './kinds/jira.ts';
import { servicenow } from './kinds/servicenow.ts';
import { zammad } from './kinds/zammad.ts';

export const deskTypes: readonly DeskType[] = [jira, servicenow, zammad, glpi, github, gitlab, email];
