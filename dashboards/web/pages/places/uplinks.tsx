/** What all endpoints of a site are reached by way of: while that is down, it is the one that is notified. */
import { useState } from 'preact/hooks';

import type { SiteUplinks } from '../../../../shared/dependency.ts';
import type { TargetRow } from '../../../../shared/target-api.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { t } from '../../words/words.ts';
import { DependencyForm, WayList } from '../endpoint/dependencies.tsx';

export function Uplinks({ id }: { id: string }) {
  const address = `sites/${encodeURIComponent(id)}/uplinks`;
  const found = useLoad<SiteUplinks>(address);
  const targets = useLoad<Page<TargetRow>>(may('admin') ? 'targets' : null);
  const [editing, setEditing] = useState(false);
  const done = () => {
    setEditing(false);
    found.reload();
  };
  return (
    <Box title={t('uplink.title')}>
      <Ready of={found} lines={1}>
        {(known) =>
          editing ? (
            <DependencyForm
              address={address}
              known={known}
              help={t('uplink.help')}
              targets={targets.data?.items ?? []}
              onDone={done}
            />
          ) : (
            <div class="box-body stack-2">
              {known.parents.length + known.groups.length === 0 && <p class="quiet">{t('uplink.none')}</p>}
              <WayList of={known} />
              {known.isOfFile && <p class="quiet">{t('uplink.inFile')}</p>}
              {may('admin') && !known.isOfFile && (
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
