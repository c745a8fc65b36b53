[    0.000000] Linux version 4.14.355-280.652.amzn2.x86_64 (mockbuild@ip-10-0-43-198) (gcc version 7.3.1 20180712 (Red Hat 7.3.1-17) (GCC)) #1 SMP Wed Mar 12 01:04:56 UTC 2025
