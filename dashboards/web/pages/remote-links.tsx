/** Links to the tools by which people reach a machine: on its page, and on the page of a ticket, whose history says who opened one. */
import type { RemoteTool } from '../../../shared/remote.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { may } from '../net/session.ts';
import { ProblemCallout } from '../parts/box.tsx';
import { saveFile } from '../parts/save-file.ts';
import { t } from '../words/words.ts';
import { rdpFileOf } from './rdp-file.ts';

interface RemoteProps {
  endpoint: string;
  /** From which it is opened. */
  ticket?: number;
}

/** Windows has no program for a link of this kind, and one for the file. */
function RdpFile({ url, name, onSave }: { url: string; name: string; onSave: () => unknown }) {
  const content = rdpFileOf(url);
  if (content === null) return null;
  const save = () => {
    saveFile(new Blob([content], { type: 'application/x-rdp' }), `${name}.rdp`);
    onSave();
  };
  return (
    <>
      {' '}
      <button type="button" class="link small" onClick={save}>
        {t('remote.file', { name })}
      </button>
    </>
  );
}

function Links({ endpoint, ticket }: RemoteProps) {
  const { data } = useLoad<{ items: RemoteTool[] }>(`endpoints/${endpoint}/remote`, () => false);
  const { problem, send } = useSend();
  if (!data || data.items.length === 0) return null;
  // The link opens by itself: a program that is asked for takes it, and the page stays.
  const note = (tool: string) =>
    ticket !== undefined && void send(() => call(`tickets/${ticket}/remote`, { method: 'POST', body: { tool } }));
  return (
    <>
      {problem && <ProblemCallout problem={problem} />}
      <ul class="row" aria-label={t('remote.title')}>
        {data.items.map(({ name, url, withheld }) =>
          url === null ? (
            <li key={name} class="quiet small">
              {t('remote.withheld', { name, part: withheld ?? '' })}
            </li>
          ) : (
            <li key={name}>
              <a
                class="button"
                href={url}
                rel="noreferrer noopener"
                {...(/^https?:/i.test(url) ? { target: '_blank' } : {})}
                onClick={() => note(name)}
              >
                {name}
              </a>
              <RdpFile {...{ url, name }} onSave={() => note(name)} />
            </li>
          ),
        )}
      </ul>
    </>
  );
}

export const RemoteLinks = (props: RemoteProps) => (may('operator') ? <Links {...props} /> : null);
