"""Our own spotting method: motion of the parts of a face against the head, judged by boosted trees."""
