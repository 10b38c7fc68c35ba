/** Routes: first the trace of an alert, then the tree. */

import { useState } from 'preact/hooks';
import type { RoutesShown, TraceAnswer } from '../../../../shared/on-call.ts';
import { duration } from '../../../../shared/words/format.ts';
import { useFleet } from '../../fleet/store.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad } from '../../net/load.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { search, setQuery } from '../../router.ts';
import { readersZone } from '../../time/readers-zone.ts';
import { wallInstant, wallText } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { receiverWord } from './receivers.tsx';
import { severities } from './route-settings.tsx';
import { RouteTree } from './route-tree.tsx';
import { OnCallTabs } from './tabs.tsx';

const concerns = ({ kind }: LiveChange) => kind === 'on_call';

function Heard({ answer }: { answer: TraceAnswer }) {
  if (answer.heard.length === 0) return <p>{t('onCall.nobodyHears')}</p>;
  return (
    <ul class="plain stack-2">
      {answer.gone.map(({ receiver, path }) => (
        <li key={`gone ${path} ${receiver}`} class="fault">
          {receiverWord(receiver)} {t('onCall.because', { path })}: {t('onCall.lacks.gone')}
        </li>
      ))}
      {answer.heard.map(({ receiver, path, steps }) => (
        <li key={receiver}>
          <strong>{receiverWord(receiver)}</strong> <span class="quiet">{t('onCall.because', { path })}</span>
          <ol class="plain">
            {steps.map(({ after, event, reached, unreached }, n) => (
              <li key={n}>
                {after === 0 ? t('onCall.atOnceStep') : duration(after, language.value)}:{' '}
                {event === 'exhausted' && `${t('onCall.exhausted')} `}
                {reached.length === 0 && t(event === 'exhausted' ? 'onCall.nobodyLast' : 'onCall.nobody')}
                {reached.map(({ receiver: one, via, channels, heldUntil }) => (
                  <span key={one}>
                    {receiverWord(one)} ({channels.join(', ')}){via !== null && ` · ${receiverWord(`schedule:${via}`)}`}
                    {heldUntil !== null && (
                      <>
                        {' '}
                        {t('onCall.quietUntil')} <Moment at={heldUntil} />
                      </>
                    )}{' '}
                  </span>
                ))}
                {unreached.map(({ receiver: one, why }) => (
                  <span key={one} class="fault">
                    {receiverWord(one)}: {t(`onCall.lacks.${why}`)}{' '}
                  </span>
                ))}
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}

function Trace() {
  const asked = new URLSearchParams(search.value);
  const [endpoint, setEndpoint] = useState(asked.get('endpoint') ?? '');
  const [rule, setRule] = useState(asked.get('rule') ?? 'disk-space');
  const [severity, setSeverity] = useState(asked.get('severity') ?? 'critical');
  const [at, setAt] = useState(asked.has('at') ? wallText(Number(asked.get('at')), readersZone()) : '');
  const answer = useLoad<TraceAnswer>(asked.has('endpoint') ? `routes/trace?${asked}` : null);
  const known = [...(useFleet()?.values() ?? [])]
    .map(({ id, name }) => [id, name] as const)
    .sort((a, b) => a[1].localeCompare(b[1], 'en', { numeric: true }));
  const ask = () => {
    const instant = at === '' ? null : wallInstant(at, readersZone(), 'open');
    const when = instant === null ? null : String(instant);
    setQuery({ endpoint, rule: rule.trim(), severity, at: when }, { replace: false });
    answer.reload();
  };
  return (
    <Box title={t('onCall.trace')}>
      <Form
        problem={answer.problem}
        onSubmit={ask}
        busy={asked.has('endpoint') && answer.loading}
        word={t('onCall.ask')}
      >
        <div class="form-row">
          <Select
            label={t('page.endpoint')}
            value={endpoint}
            onChange={setEndpoint}
            options={[['', t('common.choose')], ...known]}
            required
          />
          <Input label={t('page.rule')} value={rule} onInput={setRule} required maxLength={64} />
          <Select
            label={t('onCall.severity')}
            value={severity}
            onChange={setSeverity}
            options={severities.map((one) => [one, t(`severity.${one}`)] as const)}
          />
          <Input label={t('onCall.at')} type="datetime-local" value={at} onInput={setAt} help={t('onCall.atHelp')} />
        </div>
      </Form>
      {answer.data && (
        <div class="stack-2" aria-live="polite">
          <p>
            {t('onCall.holdsFor')} <Moment at={answer.data.at} />
          </p>
          <Heard answer={answer.data} />
        </div>
      )}
    </Box>
  );
}

function Lead({ row: { owner, warnings } }: { row: RoutesShown }) {
  return (
    <>
      {t(owner === 'default' ? 'onCall.routesDefault' : 'onCall.routesLead')}{' '}
      {warnings.length > 0 && (
        <Sentence of="onCall.routesDoubt" values={{ n: <a href="#routes">{warnings.length}</a> }} />
      )}
    </>
  );
}

export function RoutesPage() {
  const loaded = useLoad<RoutesShown>('routes', concerns, 2000);
  return (
    <>
      <PageHead title={t('page.onCallRoutes')} lead={loaded.data && <Lead row={loaded.data} />} />
      <OnCallTabs current="routes" />
      <Trace />
      <div id="routes">
        <Ready of={loaded}>{(row) => <RouteTree row={row} reload={loaded.reload} />}</Ready>
      </div>
    </>
  );
}
