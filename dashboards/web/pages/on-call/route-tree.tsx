/** The tree of routes: what it says, and the form by which admins change it, with the difference before it counts. */

import { useState } from 'preact/hooks';
import type { RouteNodeContent, RoutesContent, RoutesRow, RoutesShown } from '../../../../shared/on-call.ts';
import type { ReceiverChoices } from '../../../../shared/receivers.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Callout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { type FaultAt, faultsOf } from '../../words/fault.ts';
import { t } from '../../words/words.ts';
import { DocumentBox } from './document-form.tsx';
import { DoubtsBox } from './doubts.tsx';
import { ListInput } from './list-input.tsx';
import { Picks, receiverKinds, receiverWords, useReceivers } from './receivers.tsx';
import { GroupingFields, groupingTexts, QuietFields, quietText, WhenFields, whenText } from './route-settings.tsx';

/** What a node does, as people say it. */
function textOf({ match = [], receivers = [], when, continue: goesOn, ...node }: Partial<RouteNodeContent>): string {
  const values = { match: match.join(', '), receivers: receiverWords(receivers) };
  const isSome = match.length > 0;
  const sentence =
    receivers.length === 0
      ? t(isSome ? 'onCall.goes.someAbove' : 'onCall.goes.everyAbove', values)
      : t(isSome ? 'onCall.goes.some' : 'onCall.goes.every', values);
  return [
    when ? `${sentence} (${t('onCall.goes.only', { when: whenText(when) })})` : sentence,
    ...groupingTexts(node),
    goesOn && t('onCall.goesOn'),
  ]
    .filter(Boolean)
    .join(' · ');
}

interface NodeLine {
  text: string;
  /** Among those of the same node above: which is asked first. */
  place: string;
}

/** One line for each node, by its path, and for the quiet hours of each channel. */
function linesOf(content: RoutesContent): Map<string, NodeLine> {
  const { children, quiet = [], ...root } = content;
  const top = t('onCall.goes.top');
  const found = new Map<string, NodeLine>([[top, { text: textOf(root), place: '' }]]);
  const visit = (nodes: readonly RouteNodeContent[] = [], above: string) => {
    for (const [n, node] of nodes.entries()) {
      const path = above === '' ? node.name : `${above} › ${node.name}`;
      const place = nodes.length > 1 ? t('onCall.goes.place', { n: n + 1, of: nodes.length }) : '';
      found.set(path, { text: textOf(node), place });
      visit(node.children, path);
    }
  };
  visit(children, '');
  for (const [n, one] of quiet.entries())
    found.set(t('onCall.quietN', { n: n + 1 }), { text: quietText(one), place: '' });
  return found;
}

const wholeOf = (line: NodeLine | undefined) => line && [line.place, line.text].filter(Boolean).join(': ');

function Difference({ before, after }: { before: RoutesContent; after: RoutesContent }) {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const paths = [...new Set([...old.keys(), ...fresh.keys()])];
  const changed = paths.filter((path) => wholeOf(old.get(path)) !== wholeOf(fresh.get(path)));
  if (changed.length === 0) return null;
  const word = (path: string) =>
    t(`onCall.goes.${!old.has(path) ? 'added' : fresh.has(path) ? 'changed' : 'removed'}`, { name: path });
  return (
    <Callout tone="info" title={t('onCall.difference', { n: changed.length })}>
      <ul class="plain stack-2">
        {changed.map((path) => (
          <li key={path}>
            <strong>{word(path)}</strong>
            {old.has(path) && (
              <div>
                <del>{wholeOf(old.get(path))}</del>
              </div>
            )}
            {fresh.has(path) && (
              <div>
                <ins>{wholeOf(fresh.get(path))}</ins>
              </div>
            )}
          </li>
        ))}
      </ul>
    </Callout>
  );
}

/** Without `when`, where there is none. */
function withWhen({ when: _before, ...node }: RouteNodeContent, when: RouteNodeContent['when']): RouteNodeContent {
  return when ? { ...node, when } : node;
}
/** What is empty is left out, so that it is as above. */
function withGrouping<Content extends RouteNodeContent | RoutesContent>(
  { by: _by, wait: _wait, interval: _interval, repeat: _repeat, ...rest }: Content,
  grouping: object,
): Content {
  return { ...rest, ...grouping } as Content;
}

interface NodesProps {
  nodes: readonly RouteNodeContent[];
  depth: number;
  known: ReceiverChoices | null;
  onChange: (nodes: RouteNodeContent[]) => void;
  /** Of this list of nodes. */
  faultAt: FaultAt;
}

function Nodes({ nodes, depth, known, onChange, faultAt }: NodesProps) {
  const put = (n: number, next: RouteNodeContent) => onChange(nodes.map((node, i) => (i === n ? next : node)));
  const up = (n: number) => {
    const next = [...nodes];
    next.splice(n - 1, 0, ...next.splice(n, 1));
    onChange(next);
  };
  const add = () => onChange([...nodes, { name: t('onCall.nodeName', { n: nodes.length + 1 }), match: [] }]);
  return (
    <div class="stack-2">
      {nodes.map((node, n) => {
        const fault: FaultAt = (place) => faultAt(`${n}.${place}`);
        const set = (part: Partial<RouteNodeContent>) => put(n, { ...node, ...part });
        return (
          <fieldset class="form" key={n}>
            <legend>{node.name}</legend>
            <div class="form-row">
              <Input
                label={t('onCall.name')}
                value={node.name}
                onInput={(name) => set({ name })}
                error={fault('name')}
                required
              />
              <ListInput
                label={t('onCall.match')}
                value={node.match ?? []}
                onChange={(match) => set({ match })}
                help={t('onCall.matchHelp', { example: 'site="Berlin", severity=critical' })}
                error={fault('match')}
              />
              <Picks
                label={t('onCall.receivers')}
                value={node.receivers ?? []}
                onChange={(receivers) => set({ receivers })}
                known={known}
                kinds={receiverKinds}
                help={t('onCall.receiversHelp')}
                error={fault('receivers')}
              />
            </div>
            <WhenFields when={node.when} onChange={(when) => put(n, withWhen(node, when))} faultAt={fault} />
            <GroupingFields
              content={node}
              isRoot={false}
              onChange={(grouping) => put(n, withGrouping(node, grouping))}
              faultAt={fault}
            />
            <div class="row">
              <label class="row">
                <input
                  type="checkbox"
                  checked={node.continue ?? false}
                  onChange={(event) => set({ continue: event.currentTarget.checked })}
                />
                {t('onCall.goesOn')}
              </label>
              {n > 0 && (
                <button type="button" class="link" onClick={() => up(n)}>
                  {t('onCall.up', { name: node.name })}
                </button>
              )}
              <button type="button" class="link" onClick={() => onChange(nodes.filter((_, i) => i !== n))}>
                {t('onCall.removeNamed', { name: node.name })}
              </button>
            </div>
            <Nodes
              nodes={node.children ?? []}
              depth={depth + 1}
              known={known}
              onChange={(children) => set({ children })}
              faultAt={(place) => fault(`children.${place}`)}
            />
          </fieldset>
        );
      })}
      {depth < 8 && (
        <button type="button" class="link" onClick={add}>
          {t('onCall.addNode')}
        </button>
      )}
    </div>
  );
}

function TreeForm({ row, onDone, onCancel }: { row: RoutesRow; onDone: () => void; onCancel: () => void }) {
  const known = useReceivers();
  const [draft, setDraft] = useState<RoutesContent>(() => structuredClone(row.content));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('routes');
  const faultAt = faultsOf(problem);
  const save = async () => {
    if (await send(() => call('routes', { method: 'PUT', body: { content: draft, reason }, base }))) onDone();
  };
  return (
    <Form problem={problem} onSubmit={save} busy={busy} word={t('common.save')} onCancel={onCancel}>
      <Picks
        label={t('onCall.rootReceivers')}
        value={draft.receivers ?? []}
        onChange={(receivers) => setDraft({ ...draft, receivers })}
        known={known}
        kinds={receiverKinds}
        error={faultAt('receivers')}
        required
      />
      <GroupingFields
        content={draft}
        isRoot
        onChange={(grouping) => setDraft(withGrouping(draft, grouping))}
        faultAt={faultAt}
      />
      <QuietFields
        list={draft.quiet ?? []}
        known={known}
        onChange={(quiet) => setDraft({ ...draft, quiet })}
        faultAt={faultAt}
      />
      <Nodes
        nodes={draft.children ?? []}
        depth={0}
        known={known}
        onChange={(children) => setDraft({ ...draft, children })}
        faultAt={(place) => faultAt(`children.${place}`)}
      />
      <Difference before={row.content} after={draft} />
      <Input label={t('onCall.reason')} value={reason} onInput={setReason} maxLength={500} />
    </Form>
  );
}

export function RouteTree({ row, reload }: { row: RoutesShown; reload: () => void }) {
  const [isEditing, setEditing] = useState(false);
  const done = () => {
    setEditing(false);
    reload();
  };
  return (
    <DocumentBox title={t('onCall.tree')} owner={row.owner} isEditing={isEditing} onEdit={() => setEditing(true)}>
      <DoubtsBox of={row.warnings} />
      {row.owner === 'default' && <p>{t('onCall.defaultRoutes')}</p>}
      {isEditing ? (
        <TreeForm row={row} onDone={done} onCancel={() => setEditing(false)} />
      ) : (
        row.owner !== 'default' && (
          <ul class="plain stack-2">
            {[...linesOf(row.content)].map(([path, { text }]) => (
              <li key={path}>
                <strong>{path}:</strong> {text}
              </li>
            ))}
          </ul>
        )
      )}
    </DocumentBox>
  );
}
