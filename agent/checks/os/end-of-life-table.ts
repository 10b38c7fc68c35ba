/**
 * End of support by release, for systems that do not say it themselves. Vendors' published dates, as known on
 * `tableDate`; a release that is missing here is unknown, not supported for ever.
 */
export const tableDate = '2025-11-01';

export interface Release {
  /** VERSION_ID starts with it, at a point; for Windows the build number. */
  release: string;
  /** Last day of standard support. */
  endOfLife: string;
  /** Last day of security updates that need no contract, when later. */
  endOfSecurity?: string;
  /** Windows: editions with dates of their own. */
  editions?: RegExp;
}

const row = (release: string, endOfLife: string, endOfSecurity?: string): Release => ({
  release,
  endOfLife,
  ...(endOfSecurity === undefined ? {} : { endOfSecurity }),
});
const edition = (release: string, editions: RegExp, endOfLife: string): Release => ({ release, endOfLife, editions });
const enterprise = /^(Enterprise|Education|EnterpriseN|EducationN|ServerRdsh)$/;
const longTerm = /^(IoT)?Enterprise(S|SN)$/;
const iotLongTerm = /^IoTEnterprise(S|SK)$/;

const el: Release[] = [row('8', '2029-05-31'), row('9', '2032-05-31'), row('10', '2035-05-31')];

export const releases: Readonly<Record<string, readonly Release[]>> = {
  debian: [
    row('8', '2018-06-17', '2020-06-30'),
    row('9', '2020-07-18', '2022-06-30'),
    row('10', '2022-09-10', '2024-06-30'),
    row('11', '2024-08-14', '2026-08-31'),
    row('12', '2026-07-11', '2028-06-30'),
    row('13', '2028-08-09', '2030-06-30'),
  ],
  ubuntu: [
    row('14.04', '2019-04-25'),
    row('16.04', '2021-04-30'),
    row('18.04', '2023-05-31'),
    row('20.04', '2025-05-29'),
    row('22.04', '2027-06-01'),
    row('24.04', '2029-05-31'),
    row('24.10', '2025-07-10'),
    row('25.04', '2026-01-15'),
    row('25.10', '2026-07-09'),
    row('26.04', '2031-05-29'),
  ],
  rhel: [row('6', '2020-11-30'), row('7', '2024-06-30'), ...el],
  rocky: el,
  almalinux: el,
  ol: [row('7', '2024-12-31'), row('8', '2029-07-31'), row('9', '2032-06-30'), row('10', '2035-06-30')],
  /** "8" and "9" are CentOS Stream in os-release too; classic CentOS 8 ended before either. */
  centos: [
    row('6', '2020-11-30'),
    row('7', '2024-06-30'),
    row('8', '2024-05-31'),
    row('9', '2027-05-31'),
    row('10', '2030-01-01'),
  ],
  fedora: [
    row('38', '2024-05-21'),
    row('39', '2024-11-26'),
    row('40', '2025-05-13'),
    row('41', '2025-12-15'),
    row('42', '2026-05-13'),
    row('43', '2026-12-02'),
  ],
  sles: [
    row('12.5', '2024-10-31'),
    row('15.3', '2022-12-31'),
    row('15.4', '2023-12-31'),
    row('15.5', '2024-12-31'),
    row('15.6', '2025-12-31'),
    row('15.7', '2031-07-31'),
    row('16.0', '2027-11-30'),
  ],
  'opensuse-leap': [
    row('15.3', '2022-12-31'),
    row('15.4', '2023-12-07'),
    row('15.5', '2024-12-31'),
    row('15.6', '2026-04-30'),
    row('16.0', '2027-10-31'),
  ],
  alpine: [
    row('3.16', '2024-05-23'),
    row('3.17', '2024-11-22'),
    row('3.18', '2025-05-09'),
    row('3.19', '2025-11-01'),
    row('3.20', '2026-04-01'),
    row('3.21', '2026-11-01'),
    row('3.22', '2027-05-01'),
  ],
  amzn: [row('2018', '2023-12-31'), row('2', '2026-06-30'), row('2023', '2029-06-30')],
  macos: [row('10', '2022-09-12'), row('11', '2023-09-26'), row('12', '2024-09-16'), row('13', '2025-09-15')],
  windows: [
    row('7601', '2020-01-14'),
    row('9600', '2023-01-10'),
    edition('14393', longTerm, '2026-10-13'),
    edition('17763', longTerm, '2029-01-09'),
    edition('19044', iotLongTerm, '2032-01-13'),
    edition('19044', longTerm, '2027-01-12'),
    edition('19044', enterprise, '2024-06-11'),
    row('19044', '2023-06-13'),
    row('19045', '2025-10-14'),
    edition('22000', enterprise, '2024-10-08'),
    row('22000', '2023-10-10'),
    edition('22621', enterprise, '2025-10-14'),
    row('22621', '2024-10-08'),
    edition('22631', enterprise, '2026-11-10'),
    row('22631', '2025-11-11'),
    edition('26100', longTerm, '2029-10-09'),
    edition('26100', enterprise, '2027-10-12'),
    row('26100', '2026-10-13'),
    edition('26200', enterprise, '2028-10-10'),
    row('26200', '2027-10-12'),
  ],
  'windows-server': [
    row('7601', '2020-01-14'),
    row('9200', '2023-10-10'),
    row('9600', '2023-10-10'),
    row('14393', '2027-01-12'),
    row('17763', '2029-01-09'),
    row('20348', '2031-10-14'),
    row('26100', '2034-11-14'),
  ],
};

/** The row of a release; null when the table has none. */
export function releaseOf(id: string, version: string, editionId: string | null = null): Release | null {
  const found = (releases[id] ?? []).filter(
    (candidate) => version === candidate.release || version.startsWith(`${candidate.release}.`),
  );
  const special = found.find((candidate) => candidate.editions?.test(editionId ?? ''));
  // Long-term editions share build numbers with short-lived ones: without a row of their own they are unknown.
  return special ?? (longTerm.test(editionId ?? '') ? null : (found.find((candidate) => !candidate.editions) ?? null));
}
