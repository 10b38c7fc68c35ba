/** The moment that was pinned: which processes were busy then, and a link that leads there. */
import { useEffect, useMemo } from 'preact/hooks';
import type { Series } from '../../../../shared/api.ts';
import { measured, time } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Bones, ProblemCallout } from '../../parts/box.tsx';
import { pin, pinnedAt } from '../../parts/crosshair.ts';
import { withQuery } from '../../router.ts';
import type { TimeSpan } from '../../time/points.ts';
import { busiest, stretchAround } from '../../time/processes.ts';
import { language, t } from '../../words/words.ts';

function Processes({ endpoint, at }: { endpoint: string; at: number }) {
  const { from, to } = useMemo(() => stretchAround(at, Date.now()), [at]);
  const query = `metric=procstat.cpu_usage,procstat.memory_rss&from=${from}&to=${to}`;
  const loaded = useLoad<Series>(`endpoints/${encodeURIComponent(endpoint)}/series?${query}`);
  if (loaded.problem) return <ProblemCallout problem={loaded.problem} retry={loaded.reload} />;
  if (!loaded.data) return <Bones lines={1} />;
  const found = busiest(loaded.data.series, at);
  if (found.length === 0) return <p class="quiet">{t('chart.noProcesses')}</p>;
  return (
    <ol class="pin-processes" aria-label={t('chart.processes')}>
      {found.map(({ name, cpu, memory }) => (
        <li key={name}>
          {name} <strong>{measured(cpu, 'percent', language.value)}</strong>{' '}
          <span class="quiet">{measured(memory, 'bytes', language.value)}</span>
        </li>
      ))}
    </ol>
  );
}

/** Below the charts, and at the edge of the window while they are in view: nothing above it moves. */
export function Pinned({ endpoint, span }: { endpoint: string; span: TimeSpan }) {
  const at = pinnedAt.value;
  const isPinned = at !== null;
  useEffect(() => {
    if (!isPinned) return;
    const free = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      if (document.querySelector('dialog[open]')) return;
      pin(null);
    };
    addEventListener('keydown', free);
    return () => removeEventListener('keydown', free);
  }, [isPinned]);
  if (at === null) return null;
  const fixed = withQuery(location.search, { from: String(span.from), to: String(span.to), at: String(at) });
  return (
    <section class="pin box" aria-label={t('chart.pinned')}>
      <div class="spread">
        <span>
          {t('chart.pinned')}: <strong>{time(at, language.value, 'full')}</strong>
        </span>
        <span class="row">
          <a class="small" href={`${location.pathname}${fixed}`}>
            {t('chart.pinLink')}
          </a>
          <button type="button" class="button slim" onClick={() => pin(null)}>
            {t('chart.unpin')}
          </button>
        </span>
      </div>
      <Processes endpoint={endpoint} at={at} />
    </section>
  );
}
