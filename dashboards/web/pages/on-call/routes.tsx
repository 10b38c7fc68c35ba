/** Routes: first the trace of an alert, then the tree, which admins change in place. */
import { useState } from 'preact/hooks';
import type { RouteNodeContent, RoutesContent, RoutesRow, TraceAnswer } from '../../../../shared/on-call.ts';
import { duration } from '../../../../shared/words/format.ts';
import { rows } from '../../fleet/store.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Callout, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallInstant } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { listOf } from './lists.ts';
import { OnCallTabs } from './tabs.tsx';

const concerns = ({ kind }: LiveChange) => kind === 'on_call';
const severities = ['critical', 'warning', 'info'] as const;

function Heard({ answer }: { answer: TraceAnswer }) {
  if (answer.heard.length === 0) return <p>{t('onCall.nobodyHears')}</p>;
  return (
    <ul class="plain stack-2" aria-live="polite">
      {answer.heard.map(({ receiver, path, steps }) => (
        <li key={receiver}>
          <strong>{receiver}</strong> <span class="quiet">{t('onCall.because', { path })}</span>
          <ol class="plain">
            {steps.map(({ after, event, reached }, n) => (
              <li key={n}>
                {after === 0 ? t('onCall.atOnceStep') : duration(after, language.value)}:{' '}
                {event === 'exhausted' && `${t('onCall.exhausted')} `}
                {reached.length === 0 && t('onCall.nobody')}
                {reached.map(({ receiver: one, via, channels, heldUntil }) => (
                  <span key={one}>
                    {one} ({channels.join(', ')}){via !== null && ` · ${via}`}
                    {heldUntil !== null && (
                      <>
                        {' '}
                        {t('onCall.quietUntil')} <Moment at={heldUntil} />
                      </>
                    )}{' '}
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
  const [endpoint, setEndpoint] = useState('');
  const [rule, setRule] = useState('disk-space');
  const [severity, setSeverity] = useState('critical');
  const [at, setAt] = useState('');
  const [answer, setAnswer] = useState<TraceAnswer | null>(null);
  const { busy, problem, send } = useSend();
  const known = [...(rows.value?.values() ?? [])]
    .map(({ id, name }) => [id, name] as const)
    .sort((a, b) => a[1].localeCompare(b[1], 'en', { numeric: true }));
  const ask = (event: Event) => {
    event.preventDefault();
    const instant = at === '' ? null : wallInstant(at, readersZone(), 'open');
    const when: Record<string, string> = instant === null ? {} : { at: String(instant) };
    const query = new URLSearchParams({ endpoint, rule: rule.trim(), severity, ...when });
    void send(async () => setAnswer(await call<TraceAnswer>(`routes/trace?${query}`)));
  };
  return (
    <Box title={t('onCall.trace')}>
      <form class="form" onSubmit={ask}>
        {problem && <ProblemCallout problem={problem} />}
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
        <div class="form-end">
          <button type="submit" class="button main" disabled={busy}>
            {busy ? t('common.working') : t('onCall.ask')}
          </button>
        </div>
      </form>
      {answer && <Heard answer={answer} />}
    </Box>
  );
}

const textOf = ({ match = [], receivers = [], when, continue: goesOn }: Partial<RouteNodeContent>): string =>
  [
    match.join(', ') || t('onCall.everything'),
    when && `${when.days?.join(' ') ?? ''} ${when.start ?? '00:00'}–${when.end ?? '24:00'} ${when.zone}`.trim(),
    `→ ${receivers.join(', ') || t('onCall.asAbove')}`,
    goesOn && t('onCall.goesOn'),
  ]
    .filter(Boolean)
    .join(' · ');

/** One line for each node, by its path. */
function linesOf(content: RoutesContent): Map<string, string> {
  const found = new Map([['root', textOf({ receivers: content.receivers ?? [] })]]);
  const visit = (nodes: readonly RouteNodeContent[] = [], above: string) => {
    for (const [n, node] of nodes.entries()) {
      found.set(`${above}/${node.name}`, `${n + 1}. ${textOf(node)}`);
      visit(node.children, `${above}/${node.name}`);
    }
  };
  visit(content.children, 'root');
  return found;
}

function Difference({ before, after }: { before: RoutesContent; after: RoutesContent }) {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const changed = [...new Set([...old.keys(), ...fresh.keys()])].filter((path) => old.get(path) !== fresh.get(path));
  if (changed.length === 0) return null;
  return (
    <Callout tone="info" title={t('onCall.difference', { n: changed.length })}>
      <ul class="plain">
        {changed.map((path) => (
          <li key={path}>
            <strong>{path}</strong> <del>{old.get(path)}</del> <ins>{fresh.get(path)}</ins>
          </li>
        ))}
      </ul>
    </Callout>
  );
}

interface NodesProps {
  nodes: readonly RouteNodeContent[];
  depth: number;
  onChange: (nodes: RouteNodeContent[]) => void;
}

function Nodes({ nodes, depth, onChange }: NodesProps) {
  const set = (n: number, part: Partial<RouteNodeContent>) =>
    onChange(nodes.map((node, i) => (i === n ? { ...node, ...part } : node)));
  const move = (n: number, to: number) => {
    const next = [...nodes];
    const [moved] = next.splice(n, 1);
    if (moved) next.splice(to, 0, moved);
    onChange(next);
  };
  const add = () => onChange([...nodes, { name: `node ${nodes.length + 1}`, match: ['site="Berlin"'] }]);
  return (
    <div class="stack-2">
      {nodes.map((node, n) => (
        <fieldset class="form" key={n}>
          <legend>{node.name}</legend>
          <div class="form-row">
            <Input label={t('onCall.name')} value={node.name} onInput={(name) => set(n, { name })} required />
            <ListInput
              label={t('onCall.match')}
              value={node.match ?? []}
              onChange={(match) => set(n, { match })}
              help='site="Berlin", severity=critical'
            />
            <ListInput
              label={t('onCall.receivers')}
              value={node.receivers ?? []}
              onChange={(receivers) => set(n, { receivers })}
              help={t('onCall.receiversHelp')}
            />
          </div>
          <div class="row">
            <label class="row">
              <input
                type="checkbox"
                checked={node.continue ?? false}
                onChange={(event) => set(n, { continue: event.currentTarget.checked })}
              />
              {t('onCall.goesOn')}
            </label>
            {n > 0 && (
              <button type="button" class="link" onClick={() => move(n, n - 1)}>
                {t('onCall.up', { name: node.name })}
              </button>
            )}
            <button type="button" class="link" onClick={() => onChange(nodes.filter((_, i) => i !== n))}>
              {t('onCall.removeNamed', { name: node.name })}
            </button>
          </div>
          <Nodes nodes={node.children ?? []} depth={depth + 1} onChange={(children) => set(n, { children })} />
        </fieldset>
      ))}
      {depth < 8 && (
        <button type="button" class="link" onClick={add}>
          {t('onCall.addNode')}
        </button>
      )}
    </div>
  );
}

/** A list in one line, which keeps what is typed. */
function ListInput(props: {
  label: string;
  value: readonly string[];
  onChange: (list: string[]) => void;
  help: string;
}) {
  const [text, setText] = useState(props.value.join(', '));
  const change = (typed: string) => {
    setText(typed);
    props.onChange(listOf(typed));
  };
  return <Input label={props.label} value={text} onInput={change} help={props.help} />;
}

function Tree({ row, reload }: { row: RoutesRow; reload: () => void }) {
  const [draft, setDraft] = useState<RoutesContent | null>(null);
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const save = async (event: Event) => {
    event.preventDefault();
    const body = { content: draft, reason };
    if (!(await send(() => call('routes', { method: 'PUT', body })))) return;
    setDraft(null);
    setReason('');
    reload();
  };
  const isMine = may('admin') && row.owner !== 'file';
  return (
    <Box
      title={t('onCall.tree')}
      aside={
        isMine &&
        !draft && (
          <button type="button" class="button slim" onClick={() => setDraft(structuredClone(row.content))}>
            {t('onCall.change')}
          </button>
        )
      }
    >
      {row.owner === 'default' && <p>{t('onCall.defaultRoutes')}</p>}
      {row.owner === 'file' && <p class="quiet">{t('onCall.inFile')}</p>}
      {!draft && row.owner !== 'default' && (
        <ul class="plain stack-2">
          {[...linesOf(row.content)].map(([path, text]) => (
            <li key={path}>
              <strong>{path}</strong> <span class="quiet">{text}</span>
            </li>
          ))}
        </ul>
      )}
      {draft && (
        <form class="form" onSubmit={(event) => void save(event)}>
          {problem && <ProblemCallout problem={problem} />}
          <ListInput
            label={t('onCall.rootReceivers')}
            value={draft.receivers ?? []}
            onChange={(receivers) => setDraft({ ...draft, receivers })}
            help={t('onCall.receiversHelp')}
          />
          <Nodes nodes={draft.children ?? []} depth={0} onChange={(children) => setDraft({ ...draft, children })} />
          <Difference before={row.content} after={draft} />
          <Input label={t('onCall.reason')} value={reason} onInput={setReason} maxLength={500} />
          <div class="form-end">
            <button type="submit" class="button main" disabled={busy}>
              {busy ? t('common.working') : t('common.save')}
            </button>
            <button type="button" class="button" onClick={() => setDraft(null)}>
              {t('common.cancel')}
            </button>
          </div>
        </form>
      )}
    </Box>
  );
}

export function RoutesPage() {
  const loaded = useLoad<RoutesRow>('routes', concerns, 2000);
  return (
    <>
      <PageHead title={t('page.onCallRoutes')} lead={t('onCall.routesLead')} />
      <OnCallTabs current="routes" />
      <Trace />
      <Ready of={loaded}>{(row) => <Tree row={row} reload={loaded.reload} />}</Ready>
    </>
  );
}
