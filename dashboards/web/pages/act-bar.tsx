/**
 * What can be done with an alert or a ticket, beside its name; on a phone a bar where the thumb is. An act that has to be asked
 * about opens a small sheet: one tap chooses, Esc or the same button puts it away.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../words/words.ts';
import '../look/acts.css';

export interface Act {
  key: string;
  word: string;
  /** The one that comes first to mind. */
  isMain?: boolean;
  href?: string;
  run?: () => void;
  /** What it asks. */
  sheet?: () => ComponentChildren;
}

interface ActBarProps {
  label: string;
  /** Beside the buttons; the acts that are not in the bar are in the sheet of `more`. */
  lead?: ComponentChildren;
  acts: readonly Act[];
  more?: readonly Act[];
  busy?: boolean;
  /** Key of the act whose sheet is open. */
  opened: string | null;
  open: (key: string | null) => void;
}

const moreKey = 'more';

function ActButton({ act, busy, opened, open }: { act: Act } & Pick<ActBarProps, 'busy' | 'opened' | 'open'>) {
  const { key, word, isMain, href, run, sheet } = act;
  const look = `button ${isMain ? 'main wide' : ''}`;
  if (href !== undefined)
    return (
      <a class={look} href={href}>
        {word}
      </a>
    );
  const press = () => {
    open(sheet !== undefined && opened !== key ? key : null);
    run?.();
  };
  const asks = sheet === undefined ? {} : { 'aria-expanded': opened === key, 'aria-controls': 'act-sheet' };
  return (
    <button type="button" class={look} data-act={key} disabled={busy} onClick={press} {...asks}>
      {word}
    </button>
  );
}

export function ActBar({ label, lead, acts, more = [], busy = false, opened, open }: ActBarProps) {
  const sheet = useRef<HTMLDivElement>(null);
  const rest: Act[] =
    more.length === 0
      ? []
      : [{ key: moreKey, word: t('alert.bar.more'), sheet: () => <MoreActs {...{ more, busy, opened, open }} /> }];
  const shown = [...acts, ...rest];
  const act = [...shown, ...more].find(({ key }) => key === opened);
  useEffect(() => {
    if (opened === null) return;
    sheet.current?.querySelector<HTMLElement>('button, a, input, select, textarea')?.focus({ preventScroll: true });
    const close = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      open(null);
      const of = document.querySelector<HTMLElement>(`[data-act="${opened}"]`);
      (of ?? document.querySelector<HTMLElement>(`[data-act="${moreKey}"]`))?.focus();
    };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [opened]);
  return (
    <section class="act-bar" aria-label={label}>
      {act?.sheet && (
        <div class="act-sheet stack-2" id="act-sheet" ref={sheet}>
          {act.key !== moreKey && <h2>{act.word}</h2>}
          {act.sheet()}
        </div>
      )}
      {lead}
      {shown.map((one) => (
        <ActButton key={one.key} act={one} {...{ busy, opened, open }} />
      ))}
    </section>
  );
}

function MoreActs({ more, ...rest }: { more: readonly Act[] } & Pick<ActBarProps, 'busy' | 'opened' | 'open'>) {
  return (
    <>
      {more.map((one) => (
        <ActButton key={one.key} act={one} {...rest} />
      ))}
    </>
  );
}
