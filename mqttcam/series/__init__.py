"""Series: pictures at regular times, as files and as a video that grows with each of them.

- `timetable`: when a picture is due.
- `shots`: what is set for each picture of a set: exposure and focus.
- `photographer`: takes the pictures of a set.
- `files`: the pictures of a series on the disk. `progress`: what is known of it.
- `video`: its video.
- `series`: one series at work.
"""
