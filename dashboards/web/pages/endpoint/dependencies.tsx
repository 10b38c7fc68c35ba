/** What the endpoint is reached by way of: while that is down, its own silence is no news. */

import { useState } from 'preact/hooks';
import type { EndpointDependencies } from '../../../../shared/dependency.ts';
import { useFleet } from '../../fleet/store.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Field } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { t } from '../../words/words.ts';

type NamedParent = EndpointDependencies['parents'][number];

type Ways = Pick<EndpointDependencies, 'parents' | 'groups'>;

const textOf = ({ parents, groups }: Ways) =>
  [...parents.map((one) => [one]), ...groups].map((way) => way.map(({ name }) => name).join(' + ')).join('\n');

/** A name that nobody has is sent as it is: the collector says that it is none. */
function waysIn(text: string, known: readonly NamedParent[]): { parents: string[]; groups: string[][] } {
  const ids = new Map(known.map(({ id, name }) => [name, id]));
  const ways = text
    .split('\n')
    .map((line) => line.split('+').flatMap((name) => name.trim() || []))
    .map((way) => way.map((name) => ids.get(name) ?? name));
  return {
    parents: ways.filter((way) => way.length === 1).flat(),
    groups: ways.filter((way) => way.length > 1),
  };
}

function Names({ of }: { of: readonly NamedParent[] }) {
  return (
    <>
      {of.map((one, n) => (
        <span key={one.id}>
          {n > 0 && ' + '}
          <EndpointLink of={one} />
        </span>
      ))}
    </>
  );
}

/** One line per way. */
export function WayList({ of: { parents, groups } }: { of: Ways }) {
  return (
    <ul class="plain">
      {[...parents.map((one) => [one]), ...groups].map((way) => (
        <li key={way.map((one) => one.id).join('+')}>
          <Names of={way} />
        </li>
      ))}
    </ul>
  );
}

interface DependencyFormProps {
  address: string;
  known: Ways;
  help?: string;
  /** Beside endpoints. */
  targets?: readonly NamedParent[];
  onDone: () => void;
}

export function DependencyForm({ address, known, help, targets = [], onDone }: DependencyFormProps) {
  const [text, setText] = useState(() => textOf(known));
  const { busy, problem, send } = useSend();
  const base = useBase(address);
  const fleet = useFleet();
  const submit = async () => {
    if (
      await send(() =>
        call(address, { method: 'PUT', body: waysIn(text, [...targets, ...(fleet?.values() ?? [])]), base }),
      )
    )
      onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('common.save')} onCancel={onDone}>
      <Field label={t('dependency.ways')} help={help ?? t('dependency.help')}>
        {(ids) => (
          <textarea
            class="input"
            rows={3}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            {...ids}
          />
        )}
      </Field>
    </Form>
  );
}

export function Dependencies({ id }: { id: string }) {
  const address = `endpoints/${encodeURIComponent(id)}/dependencies`;
  const found = useLoad<EndpointDependencies>(address);
  const [editing, setEditing] = useState(false);
  const done = () => {
    setEditing(false);
    found.reload();
  };
  return (
    <Box title={t('dependency.title')}>
      <Ready of={found} lines={1}>
        {(known) =>
          editing ? (
            <DependencyForm address={address} known={known} onDone={done} />
          ) : (
            <div class="box-body stack-2">
              {known.parents.length + known.groups.length === 0 && <p class="quiet">{t('dependency.none')}</p>}
              <WayList of={known} />
              {known.children.length > 0 && (
                <p>
                  {t('dependency.children')}{' '}
                  {known.children.map((one, n) => (
                    <span key={one.id}>
                      {n > 0 && ', '}
                      <EndpointLink of={one} />
                    </span>
                  ))}
                </p>
              )}
              {known.sites.length > 0 && (
                <p>
                  {t('dependency.sites')}{' '}
                  {known.sites.map((site, n) => (
                    <span key={site.id}>
                      {n > 0 && ', '}
                      <a href={`/sites/${encodeURIComponent(site.id)}`}>{site.name}</a>
                    </span>
                  ))}
                </p>
              )}
              {mayForAll('operator') && (
                <button type="button" class="button" onClick={() => setEditing(true)}>
                  {t('dependency.edit')}
                </button>
              )}
            </div>
          )
        }
      </Ready>
    </Box>
  );
}
