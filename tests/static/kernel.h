/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cppcheck reads no header of the kernel. Without these definitions it would
 * report syntax errors.
 */
#define LINUX_VERSION_CODE 0x060c00
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)
#define for_each_present_cpu(cpu) for_each_possible_cpu(cpu)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)
#define for_each_set_bit(bit, map, size) \
	for ((bit) = first_bit(map); (bit) < (size); (bit) = next_bit(map, bit))

#define xa_for_each(xa, index, entry) \
	for ((entry) = xa_first(xa, &(index)); (entry); (entry) = xa_after(xa, &(index)))
#define list_for_each_entry(pos, head, member) \
	for ((pos) = list_begin(head); (pos); (pos) = list_after(pos))
#define list_for_each_entry_safe(pos, next, head, member) \
	for ((pos) = list_begin(head); (pos); (pos) = (next), (next) = list_after(pos))
#define hlist_for_each_entry(pos, head, member) list_for_each_entry(pos, head, member)
#define hlist_for_each_entry_safe(pos, next, head, member) \
	list_for_each_entry_safe(pos, next, head, member)
