/** The last runs of a backup job as a strip: tall is good, half is a warning, a low block failed. */
import '../look/runs.css';
import type { BackupRuns, EndedRun } from '../../../shared/backup-runs.ts';
import { bytes, duration } from '../../../shared/words/format.ts';
import { language, t } from '../words/words.ts';
import { momentText } from './moment.tsx';

type ShownRun = EndedRun & Partial<BackupRuns['runs'][number]>;

const textOf = ({ endedAt, result, bytes: size = null, duration: long = null }: ShownRun) =>
  [
    momentText(endedAt),
    t(`backup.runs.${result}`),
    size !== null && bytes(size, language.value),
    long !== null && duration(long, language.value),
  ]
    .filter(Boolean)
    .join(' · ');

const cell = 8;
const heights = { ok: 20, warning: 13, failed: 7 };

interface RunsProps {
  name: string;
  runs: readonly ShownRun[];
  /** In a row of a table: without the sentence. */
  brief?: boolean;
}

export function Runs({ name, runs, brief = false }: RunsProps) {
  const [first, last] = [runs[0], runs.at(-1)];
  if (!first || !last) return brief ? null : <p class="quiet small">{t('backup.runs.none')}</p>;
  const count = (result: ShownRun['result']) => runs.filter((run) => run.result === result).length;
  const said = t('backup.runs.said', {
    n: runs.length,
    ok: count('ok'),
    warning: count('warning'),
    failed: count('failed'),
  });
  return (
    <div class={brief ? 'runs brief' : 'runs'}>
      <svg viewBox={`0 0 ${runs.length * cell} 22`} role="img" aria-label={`${name}: ${said}`}>
        {runs.map((run, n) => (
          <rect
            key={run.endedAt}
            class={`run-${run.result}`}
            x={n * cell + 1}
            y={21 - heights[run.result]}
            width={cell - 2}
            height={heights[run.result]}
          >
            <title>{textOf(run)}</title>
          </rect>
        ))}
      </svg>
      {!brief && (
        <span class="small quiet">
          {said} {t('backup.runs.since', { at: momentText(first.endedAt), until: momentText(last.endedAt) })}
        </span>
      )}
    </div>
  );
}
