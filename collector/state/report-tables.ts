/** Columns of period reports and status pages: what leaves the house. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

interface Edited {
  created_at: Ms;
  created_by: string;
  updated_at: Ms;
  updated_by: string;
}

export interface ReportTables {
  /** Each report as it was made; made anew it is a further revision. */
  period_reports: {
    id: string;
    /** A name of shared/period.ts. */
    period: string;
    /** IANA. */
    zone: string;
    /** Id; empty for all. */
    site: string;
    language: string;
    revision: number;
    made_at: Ms;
    by_user: string;
    reason: string;
    /** 1: late facts could still change its numbers when it was made. */
    provisional: 0 | 1;
    /** SHA-256 of the content. */
    digest: string;
    content: Json;
  };
  report_schedules: Edited & {
    id: string;
    rhythm: 'week' | 'month' | 'quarter';
    /** Local hour, 0 to 23. */
    hour: number;
    zone: string;
    site: string;
    language: string;
    /** JSON list of mail addresses. */
    recipients: Json;
    enabled: 0 | 1;
    /** What was due before that is not made. */
    enabled_at: Ms;
  };
  /** What a schedule made of a period: one row each, so that a repeat after a crash makes nothing twice. */
  report_runs: {
    schedule: string;
    period: string;
    at: Ms;
    report: string | null;
    /** How many mails were queued. */
    mails: number;
    /** Code of why there is no report or no mail. */
    problem: string | null;
  };
  status_pages: Edited & {
    id: string;
    slug: string;
    title: string;
    intro: string;
    access: 'public' | 'login';
    enabled: 0 | 1;
    zone: string;
    /** JSON list: what the page names, and the site or group behind it. */
    components: Json;
  };
  /** An incident or a planned work in the words of a person. */
  status_notices: {
    id: Generated<number>;
    page: string;
    /** Id of a component of the page; empty for all. */
    component: string;
    title: string;
    began_at: Ms;
    ended_at: Ms | null;
    created_at: Ms;
    created_by: string;
  };
  status_updates: {
    id: Generated<number>;
    notice: number;
    at: Ms;
    by_user: string;
    words: string;
    /** When more will be said. */
    next_at: Ms | null;
  };
  /** Every change of a schedule or status page by a person; `about` is its id. */
  outward_changes: { id: Generated<number>; about: string; at: Ms; by_user: string; reason: string; content: Json };
}
