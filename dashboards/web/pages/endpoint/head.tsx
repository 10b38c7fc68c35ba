/** The head of an endpoint's page: what it is, its state, and what people do to it. */
import { useState } from 'preact/hooks';
import type { EndpointDetail, EndpointRow } from '../../../../shared/api.ts';
import { may } from '../../net/session.ts';
import { PageHead } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { StateMark } from '../../parts/mark.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Ago } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { t, wordOr } from '../../words/words.ts';
import { MaintenanceLink } from '../maintenance/link.tsx';
import { WorkingButton } from '../maintenance/working.tsx';
import { RemoteLinks } from '../remote-links.tsx';
import { EditForm } from './edit.tsx';

/** Its state with the reason that its agent gave, since when, and how old what is shown is. */
function State({ row }: { row: EndpointRow }) {
  return (
    <p class="small">
      <Dots
        of={[
          <>
            <StateMark row={row} /> {row.stateReason && `(${wordOr('cause', row.stateReason)})`}
          </>,
          row.state !== 'never' && (
            <span class="quiet">
              {t('endpoint.since')} <Ago at={row.stateSince} />
            </span>
          ),
          row.state !== 'never' && (
            <span class="quiet">
              {t('endpoint.lastSeen')} <Ago at={row.lastSeenAt} />
            </span>
          ),
        ]}
      />
    </p>
  );
}

interface HeadProps {
  detail: EndpointDetail;
  reload: () => void;
}

export function Head({ detail, reload }: HeadProps) {
  const { row } = detail;
  const [editing, setEditing] = useState(false);
  return (
    <>
      <PageHead
        title={row.name}
        lead={
          <>
            <Dots
              of={[
                t(`kind.${row.kind}`),
                row.site,
                row.os,
                row.version && t('endpoint.agent', { version: row.version }),
              ]}
            />{' '}
            {row.groups.map(({ id, name }) => (
              <a class="tag" key={id} href={to.group(id)}>
                {t('filter.name.group')}: {name}
              </a>
            ))}{' '}
            {row.tags.map((tag) => (
              <span class="tag" key={tag}>
                {tag}
              </span>
            ))}
          </>
        }
      >
        {may('operator') && (
          <>
            <WorkingButton endpoint={row.id} />
            <a class="button" href={`${to.endpoint(row.id)}?tab=tickets&new=1`}>
              {t('ticket.new')}
            </a>
            <Menu name={t('overview.more')}>
              {(close) => (
                // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: whatever was chosen inside
                <div class="menu-acts" onClick={close}>
                  <RemoteLinks endpoint={row.id} />
                  <button type="button" class="button" onClick={() => setEditing(true)}>
                    {t('endpoint.edit')}
                  </button>
                  <MaintenanceLink of="endpoint" target={row.id} />
                  <a class="button" href={`/labels?${new URLSearchParams({ endpoint: row.id })}`}>
                    {t('selfService.label.button')}
                  </a>
                </div>
              )}
            </Menu>
          </>
        )}
      </PageHead>
      <State row={row} />
      {editing && (
        <EditForm
          row={row}
          people={detail.people}
          onDone={() => {
            setEditing(false);
            reload();
          }}
          onCancel={() => setEditing(false)}
        />
      )}
    </>
  );
}
