/** Answers the milliseconds of processor time that all threads of this process have used since now, user and system. */
export function meterCpu(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
