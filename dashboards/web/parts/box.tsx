/** Boxes, page heads, messages, and what stands in the place of data that is not there. */
import type { ComponentChildren } from 'preact';
import { valuesFrom } from '../net/live.ts';
import { isAway, type Problem } from '../net/request.ts';
import { me } from '../net/session.ts';
import { t, wordOr } from '../words/words.ts';
import { Icon, type IconName } from './icon.tsx';
import type { Tone } from './mark.tsx';

interface PageHeadProps {
  title: ComponentChildren;
  lead?: ComponentChildren;
  children?: ComponentChildren;
}

/** The one `h1` of a page; it takes the focus when the page is opened. */
export function PageHead({ title, lead, children }: PageHeadProps) {
  return (
    <div class="page-head">
      <div class="stack-2">
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {children && <div class="row">{children}</div>}
    </div>
  );
}

interface BoxProps {
  title?: ComponentChildren;
  aside?: ComponentChildren;
  /** Without inner margin: for tables. */
  flush?: boolean;
  children: ComponentChildren;
}

export function Box({ title, aside, flush = false, children }: BoxProps) {
  return (
    <section class="box">
      {(title || aside) && (
        <div class="box-head">
          {title && <h2>{title}</h2>}
          {aside}
        </div>
      )}
      <div class={flush ? 'box-body flush' : 'box-body'}>{children}</div>
    </section>
  );
}

interface CalloutProps {
  tone: Tone;
  title?: ComponentChildren;
  children?: ComponentChildren;
  /** Spoken at once by screen readers: for the outcome of what a person just did. */
  spoken?: boolean;
}

const calloutIcons: Record<Tone, IconName> = {
  ok: 'ok',
  warning: 'warning',
  critical: 'critical',
  info: 'info',
  unknown: 'unknown',
  idle: 'info',
};

export function Callout({ tone, title, children, spoken = false }: CalloutProps) {
  return (
    <div class={`callout tone-${tone}`} role={spoken ? 'alert' : undefined}>
      <Icon name={calloutIcons[tone]} />
      <div>
        {title && <p class="strong">{title}</p>}
        {children && <div class={title ? 'quiet' : ''}>{children}</div>}
      </div>
    </div>
  );
}

/** What went wrong and what to do now, in the language of the page where it has words for the code. */
export function ProblemCallout({ problem, retry }: { problem: Problem; retry?: () => void }) {
  // What is read is read again by itself, and the banner says so.
  const isWaiting = isAway(problem) && retry !== undefined;
  if (isWaiting && valuesFrom.value !== null) return null;
  if (isWaiting) return <Callout tone="unknown" title={t('link.away')} spoken />;
  const title = wordOr('problem', `${problem.code}.message`, problem.message);
  const hint = wordOr('problem', `${problem.code}.hint`, problem.hint);
  // The place as the API calls it: a fault without its place helps nobody, and its field may be on another step of the form.
  if (problem.code === 'BAD_REQUEST')
    return (
      <Callout tone="critical" title={t('common.notAccepted')} spoken>
        {problem.faults.length === 0 && <p class="small">{problem.detail()}</p>}
        <ul>
          {problem.faults.map(({ at, problem: what }) => (
            <li key={at + what} class="small">
              {/^[\w.]+$/.test(at) && <code>{at}</code>} {what}
            </li>
          ))}
        </ul>
      </Callout>
    );
  return (
    <Callout tone="critical" title={title} spoken>
      {hint && <p>{hint}</p>}
      {title !== problem.message && problem.status > 0 && (
        <p class="small">
          {/* The hint of a fault inside carries the reference to look for. */}
          <code>{problem.code}</code> {problem.detail()} {problem.status >= 500 && problem.hint}
        </p>
      )}
      {retry && (
        <p>
          <button type="button" class="link" onClick={retry}>
            {t('common.tryAgain')}
          </button>
        </p>
      )}
    </Callout>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}

/** Whoever is limited to some sites reads that others are left out: none here is not none at all. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
      {me.value?.sites && (
        <p class="quiet">{t('common.inYourSites', { sites: me.value.sites.map(({ name }) => name).join(', ') })}</p>
      )}
    </div>
  );
}

/** Grey lines in the place of what is being loaded. */
export function Bones({ lines = 5 }: { lines?: number }) {
  return (
    <div class="bones" role="status">
      <span class="unseen">{t('common.loading')}</span>
      {Array.from({ length: lines }, (_, index) => (
        <div class="bone" key={index} />
      ))}
    </div>
  );
}

interface ReadyProps<T> {
  of: { data: T | null; problem: Problem | null; reload(): void };
  lines?: number;
  children: (data: T) => ComponentChildren;
}

/** Data when it is there, with the problem above it if reading it again failed; else the problem or grey lines. */
export function Ready<T>({ of, lines, children }: ReadyProps<T>) {
  return (
    <>
      {of.problem && <ProblemCallout problem={of.problem} retry={of.reload} />}
      {of.data !== null ? children(of.data) : !of.problem && <Bones {...(lines ? { lines } : {})} />}
    </>
  );
}
