/**
 * Labels by which people report a problem on a machine, as a sheet to print: of one endpoint, or of a site. A label holds a secret
 * that is shown once, so nothing is made before somebody asks for it.
 */
import { useRef, useState } from 'preact/hooks';
import { renderSVG } from 'uqr';
import type { EndpointRow } from '../../../shared/api.ts';
import { isLoopback } from '../../../shared/loopback.ts';
import { time } from '../../../shared/words/format.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call, type Page } from '../net/request.ts';
import { may } from '../net/session.ts';
import { Box, Callout, PageHead, ProblemCallout, Ready } from '../parts/box.tsx';
import { search, to } from '../router.ts';
import { language, t } from '../words/words.ts';
import '../look/labels.css';

interface Label {
  endpoint: string;
  name: string;
  url: string;
}
interface ValidLabels {
  isOn: boolean;
  labels: number;
  lastAt: number | null;
}

/** A sheet is printed and cut by hand. */
const atOnce = 100;
const addressOf = (endpoint: string) => `endpoints/${encodeURIComponent(endpoint)}/report-labels`;
const pictureOf = (text: string) => `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 2 }))}`;

export function LabelsPage() {
  const query = new URLSearchParams(search.value);
  const [endpoint, site] = [query.get('endpoint'), query.get('site')];
  const address = endpoint === null ? `endpoints?${new URLSearchParams({ site: site ?? '', limit: '5000' })}` : null;
  const all = useLoad<Page<EndpointRow>>(address);
  return (
    <>
      <PageHead title={t('page.labels')} lead={<span class="screen-only">{t('selfService.label.lead')}</span>} />
      {endpoint !== null ? (
        <Sheet endpoints={[endpoint]} />
      ) : (
        <Ready of={all}>{({ items }) => <Sheet endpoints={items.map(({ id }) => id)} />}</Ready>
      )}
    </>
  );
}

function Sheet({ endpoints }: { endpoints: readonly string[] }) {
  const [first] = endpoints;
  const count = useLoad<ValidLabels>(first === undefined ? null : addressOf(first));
  const [made, setMade] = useState<readonly Label[]>([]);
  const { busy, problem, send } = useSend();
  // What is printed from here on is not among those that end.
  const before = useRef<ValidLabels | null>(null);
  before.current ??= count.data;
  if (first === undefined) return <Callout tone="info">{t('selfService.label.nobody')}</Callout>;
  const make = () =>
    send(async () => {
      for (const one of endpoints.slice(0, atOnce)) {
        const label = await call<Label>(addressOf(one), { method: 'POST' });
        setMade((now) => [...now, label]);
      }
      count.reload();
    });
  return (
    <Ready of={count}>
      {(known) =>
        known.isOn ? (
          <>
            <div class="stack screen-only">
              {problem && <ProblemCallout problem={problem} />}
              {endpoints.length > atOnce && <p>{t('selfService.label.many', { n: atOnce })}</p>}
              {isLoopback(new URL(made[0]?.url ?? location.href).hostname) && (
                <Callout tone="warning">{t('selfService.label.hereOnly')}</Callout>
              )}
              {endpoints.length === 1 && (
                <Valid
                  endpoint={first}
                  count={known}
                  before={before.current ?? known}
                  made={made.length}
                  onEnd={count.reload}
                />
              )}
              <div class="form-end">
                <button type="button" class="button main" disabled={busy} onClick={() => void make()}>
                  {busy ? t('common.working') : t('selfService.label.make', { n: Math.min(endpoints.length, atOnce) })}
                </button>
                {made.length > 0 && (
                  <button type="button" class="button" disabled={busy} onClick={() => print()}>
                    {t('selfService.label.print')}
                  </button>
                )}
              </div>
            </div>
            <ul class="labels">
              {made.map(({ url, name, endpoint }) => (
                <li key={url}>
                  <img src={pictureOf(url)} alt={t('selfService.label.code', { name })} width="128" height="128" />
                  <p>
                    <a class="strong" href={to.endpoint(endpoint)}>
                      {name}
                    </a>
                    <br />
                    {t('selfService.label.scan')}
                  </p>
                </li>
              ))}
            </ul>
          </>
        ) : (
          <Callout tone="info">{t('selfService.label.off')}</Callout>
        )
      }
    </Ready>
  );
}

interface ValidProps {
  endpoint: string;
  count: ValidLabels;
  /** As it was when the page was opened. */
  before: ValidLabels;
  /** Printed since. */
  made: number;
  onEnd: () => void;
}

function Valid({ endpoint, count, before, made, onEnd }: ValidProps) {
  const [ended, setEnded] = useState<number | null>(null);
  const { busy, problem, send } = useSend();
  const end = () =>
    send(async () => {
      const address = `${addressOf(endpoint)}?before=${(before.lastAt ?? 0) + 1}`;
      setEnded((await call<{ ended: number }>(address, { method: 'DELETE' })).ended);
      onEnd();
    });
  const { labels, lastAt } = count;
  return (
    <Box title={t('selfService.label.old')}>
      {problem && <ProblemCallout problem={problem} />}
      <p>
        {labels === 0
          ? t('selfService.label.none')
          : t('selfService.label.valid', { n: labels, at: time(lastAt, language.value, 'long') })}
      </p>
      {ended !== null && <Callout tone="ok">{t('selfService.label.ended', { n: ended })}</Callout>}
      {made > 0 && <p class="quiet small">{t('selfService.label.kept', { n: made })}</p>}
      {before.labels > 0 && ended === null && may('admin') && (
        <button type="button" class="button" disabled={busy} onClick={() => void end()}>
          {t('selfService.label.end', { n: before.labels })}
        </button>
      )}
    </Box>
  );
}
