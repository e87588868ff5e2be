"""What is kept about saved segments besides themselves: versions, sizes, uses, the deleted ones."""
