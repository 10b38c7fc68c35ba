/** What is shown of changes on several pages: how one is called, its state, its outcome, what to know about it. */
import type { ChangeName, ChangeRow, ChangeWarning } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import * as names from '../../../../shared/words/names.ts';
import { Callout } from '../../parts/box.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

export const say = (n: number) => number(n, language.value);
export const changeNumber = (id: number) => t('change.name', { n: String(id) });

export const changeTitle = (change: ChangeName): string => names.changeTitle(language.value, change);

export function ChangeLink({ change }: { change: ChangeName }) {
  return (
    <a href={to.change(change.id)}>
      {changeNumber(change.id)} {changeTitle(change)}
    </a>
  );
}

const tones = {
  success: ['ok', 'ok'],
  with_issues: ['warning', 'warning'],
  failed: ['critical', 'critical'],
} as const satisfies Record<string, readonly [Tone, string]>;

/** Its outcome; before it has one, how far it is. */
export function ChangeState({ row }: { row: ChangeRow }) {
  if (row.state === 'done' && row.outcome) {
    const [tone, icon] = tones[row.outcome.value];
    return (
      <Mark tone={tone} icon={icon}>
        {t(`change.outcome.${row.outcome.value}`)}
      </Mark>
    );
  }
  if (row.isOverdue)
    return (
      <Mark tone="warning" icon="warning">
        {t('change.overdue')}
      </Mark>
    );
  return (
    <Mark tone={row.state === 'in_progress' ? 'info' : 'idle'} icon={row.state === 'in_progress' ? 'info' : 'never'}>
      {t(`change.state.${row.state}`)}
    </Mark>
  );
}

export function ChangeReasons({ outcome }: Pick<ChangeRow, 'outcome'>) {
  if (!outcome || outcome.reasons.length === 0) return null;
  return (
    <span class="quiet small">
      {outcome.reasons.map((reason) => t(`change.reason.${reason}` as never)).join(' · ')}
    </span>
  );
}

export function ChangeWarnings({ warnings }: { warnings: readonly ChangeWarning[] }) {
  return (
    <>
      {warnings.map(({ code, change }) => (
        <Callout key={`${code} ${change?.id}`} tone="warning">
          <p>
            {code === 'overlap'
              ? t('change.warning.overlap', {
                  name: change ? `${changeNumber(change.id)} ${changeTitle(change)}` : none,
                })
              : t(`change.warning.${code}`)}
          </p>
        </Callout>
      ))}
    </>
  );
}

/** Before it begins nobody can know how many are done. */
export function TargetCounts({ row: { state, targets } }: { row: ChangeRow }) {
  const { n, done, failed, notSeen } = targets;
  return (
    <span class="quiet small">
      {state === 'planned' || n === 0
        ? t('change.reaches', { n: say(n) })
        : t('change.counts', { n: say(n), done: say(done), failed: say(failed), notSeen: say(notSeen) })}
    </span>
  );
}
